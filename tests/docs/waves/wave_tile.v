// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/tile.md: 1 x 2 SIPs of 2 lanes, a pallet of two unsigned steps (2 bits, 1 bit), then the first
// plane of the next pallet. Weights are 3 and 1 in step 0, -1 and 2 in step 1.
`timescale 1ns / 1ps
`default_nettype none

module wave_tile;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -2;
    end
    always #5 clk = !clk;
    always @(posedge clk) cycle <= cycle + 1;

    // step 0: column 0 (2, 1), column 1 (3, 0); step 1: column 0 (1, 1), column 1 (0, 1)
    wire [3:0]  bits    = cycle == 0 ? 4'b0101 : cycle == 1 ? 4'b0110 : cycle == 2 ? 4'b1011 : 4'b1111;
    wire        s_valid = cycle >= 0 && cycle < 4;
    wire        s_clear = cycle == 0 || cycle == 3;
    wire        s_capture = cycle == 2;
    wire [2:0]  offset  = cycle == 0 ? 3'd1 : cycle == 3 ? 3'd4 : 3'd0;
    wire [15:0] weights = cycle < 2 ? {8'd1, 8'd3} : {8'd2, -8'sd1};
    wire [1:0]  m_valid;
    wire [63:0] m_sums;

    dpr_tile #(.P(8), .ROWS(1), .COLS(2), .LANES(2)) u_dut (
        .clk(clk), .rst(cycle < 0), .s_valid(s_valid), .s_bits(bits), .s_offset(offset), .s_negate(1'b0),
        .s_clear(s_clear), .s_capture(s_capture), .s_weights(weights), .m_valid(m_valid), .m_sums(m_sums)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_bits=%b s_offset=%0d s_clear=%b s_capture=%b m_valid=%b sum_0=%0d sum_1=%0d",
                 s_valid, bits, offset, s_clear, s_capture, m_valid, $signed(m_sums[31:0]), $signed(m_sums[63:32]));

    initial #110 $finish;
endmodule

`resetall
