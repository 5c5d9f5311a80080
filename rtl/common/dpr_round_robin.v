// SPDX-License-Identifier: Apache-2.0
// Index that steps through 0 to N-1 and wraps. The distributor hands packets out and the collector takes results back
// by one such index each: that alone keeps the order.

`default_nettype none

module dpr_round_robin #(
    parameter N = 16 // positions, at least 1
) (
    input  wire                              clk,
    input  wire                              rst,
    input  wire                              advance,
    output wire [(N > 1 ? $clog2(N) : 1)-1:0] index
);

    localparam INDEX_W = N > 1 ? $clog2(N) : 1;
    localparam integer LAST = N - 1;

    reg [INDEX_W-1:0] index_q;

    assign index = index_q;

    always @(posedge clk) begin
        if (rst) index_q <= {INDEX_W{1'b0}};
        else if (advance) index_q <= index_q == LAST[INDEX_W-1:0] ? {INDEX_W{1'b0}} : index_q + 1'b1;
    end

endmodule

`resetall
