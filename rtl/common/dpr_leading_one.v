// SPDX-License-Identifier: Apache-2.0
// Position of the most significant 1: the "leading 1" detector of the precision unit (paper, Fig. 2c).
// The last assignment of the loop wins, so the highest set bit decides.

`default_nettype none

module dpr_leading_one #(
    parameter W = 16 // width of the input, at least 2
) (
    input  wire [W-1:0]         bits,
    output reg  [$clog2(W)-1:0] position, // 0 when no bit is set
    output wire                 any       // at least one bit is set
);

    localparam POSITION_W = $clog2(W);

    assign any = |bits;

    integer i;
    always @* begin
        position = {POSITION_W{1'b0}};
        for (i = 0; i < W; i = i + 1)
            if (bits[i]) position = i[POSITION_W-1:0];
    end

    generate
        if (W < 2) begin : g_bad_w
            dpr_error_W_must_be_at_least_2 u_error();
        end
    endgenerate

endmodule

`resetall
