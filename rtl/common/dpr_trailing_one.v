// SPDX-License-Identifier: Apache-2.0
// Position of the least significant 1: the observed n_L of a group (paper, section 4).
// The loop runs downwards and the last assignment wins, so the lowest set bit decides.

`default_nettype none

module dpr_trailing_one #(
    parameter W = 16 // width of the input, at least 2
) (
    input  wire [W-1:0]         bits,
    output reg  [$clog2(W)-1:0] position // 0 when no bit is set
);

    localparam POSITION_W = $clog2(W);

    integer i;
    always @* begin
        position = {POSITION_W{1'b0}};
        for (i = W - 1; i >= 0; i = i - 1)
            if (bits[i]) position = i[POSITION_W-1:0];
    end

    generate
        if (W < 2) begin : g_bad_w
            dpr_error_W_must_be_at_least_2 u_error();
        end
    endgenerate

endmodule

`resetall
