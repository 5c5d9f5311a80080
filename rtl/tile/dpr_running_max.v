// SPDX-License-Identifier: Apache-2.0
// The comparator of a TRT SIP (paper section 5.3.1, Fig. 4b): keeps the largest of the values it is told to compare. While
// nothing is compared the accumulator passes through. A pooled value is one activation: W = P + 1 signed bits hold it.
`default_nettype none

module dpr_running_max #(
    parameter W     = 17,  // signed bits that are compared
    parameter ACC_W = 48   // bits of an accumulator, at least W
) (
    input  wire             clk,
    input  wire             compare,  // value is a candidate
    input  wire             restart,  // and the first one
    input  wire [ACC_W-1:0] value,
    output wire [ACC_W-1:0] largest   // of the candidates so far, this cycle's included; value itself when there is none
);
    reg signed [W-1:0] best_q;

    wire signed [W-1:0] candidate = value[W-1:0];
    wire                take      = restart || candidate > best_q;
    wire        [W-1:0] best      = take ? candidate : best_q;

    always @(posedge clk) if (compare) best_q <= best;

    assign largest = compare ? {{(ACC_W-W){best[W-1]}}, best} : value;
endmodule

`resetall
