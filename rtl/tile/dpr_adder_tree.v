// SPDX-License-Identifier: Apache-2.0
// Sum of N signed values, each gated by one bit: 1-bit by W-bit products are AND gates (paper section 5.2, Fig. 3c). A flat loop
// synthesises to the same tree as a hand-built one.
`default_nettype none

module dpr_adder_tree #(
    parameter W     = 16,  // bits of a value
    parameter N     = 16,  // values
    // derived: do not override
    parameter SUM_W = W + $clog2(N) + 1
) (
    input  wire [N*W-1:0]   values,  // value i at [i*W +: W], signed
    input  wire [N-1:0]     gates,   // bit i lets value i pass
    output reg  [SUM_W-1:0] sum      // signed
);
    integer i;
    always @* begin
        sum = {SUM_W{1'b0}};
        for (i = 0; i < N; i = i + 1)
            sum = sum + ({SUM_W{gates[i]}} & {{(SUM_W-W){values[i*W + W-1]}}, values[i*W +: W]});
    end
endmodule

`resetall
