// SPDX-License-Identifier: Apache-2.0
// Number of ones: counts the codes of a container from its non-zero vector Z (paper, Fig. 2b).

`default_nettype none

module dpr_popcount #(
    parameter W = 16 // width of the input
) (
    input  wire [W-1:0]           bits,
    output reg  [$clog2(W+1)-1:0] count // 0 to W
);

    localparam COUNT_W = $clog2(W+1);

    integer i;
    always @* begin
        count = {COUNT_W{1'b0}};
        for (i = 0; i < W; i = i + 1)
            count = count + {{(COUNT_W-1){1'b0}}, bits[i]};
    end

    generate
        if (W < 2) begin : g_bad_w
            dpr_error_W_must_be_at_least_2 u_error();
        end
    endgenerate

endmodule

`resetall
