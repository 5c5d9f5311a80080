// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/output_unit.md: two rows, three windows and two passes in pallets of two columns, shift 1,
// ReLU. The fourth column of a pass has no window; the second pass begins two cycles after the first.
`timescale 1ns / 1ps
`default_nettype none

module wave_output_unit;
    reg clk;
    integer cycle, column;
    reg [63:0] bias_data;
    initial begin
        clk = 1'b0;
        cycle = -2;
        column = 0;
    end
    always #5 clk = !clk;

    wire        start   = cycle == 0;
    wire        s_valid = cycle >= 2 && (cycle < 6 || cycle > 6) && column < 8;
    wire        s_last  = column % 2 == 1;
    wire [31:0] row_0   = 10 * column;
    wire [31:0] row_1   = 100 - 40 * column;
    wire        bias_en, m_en, done;
    wire [7:0]  bias_addr;
    wire [8:0]  m_addr;
    wire [15:0] m_data;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid) column <= column + 1;
        if (bias_en) bias_data <= bias_addr == 8'd0 ? {32'd1, 32'd1} : {32'd101, 32'd101};
    end

    dpr_output_unit #(.P(8), .ROWS(2), .ACC_W(32), .BIAS_W(32), .OADDR_W(9)) u_dut (
        .clk(clk), .rst(cycle < 0), .start(start), .windows(16'd3), .passes(8'd2), .serial(1'b0),
        .pass_bricks(9'd1), .window_bricks(9'd2), .shift(6'd1), .relu(1'b1), .n_l(3'd0),
        .s_valid(s_valid), .s_sums({row_1, row_0}), .s_keep(1'b1), .s_last(s_last), .bias_en(bias_en), .bias_addr(bias_addr),
        .bias_data(bias_data), .m_en(m_en), .m_addr(m_addr), .m_data(m_data), .done(done)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave start=%b s_valid=%b s_last=%b row_0=%0d row_1=%0d", start, s_valid, s_last, row_0, $signed(row_1),
                 " bias_en=%b bias_addr=%0d m_en=%b m_addr=%0d", bias_en, bias_addr, m_en, m_addr,
                 " value_0=%0d value_1=%0d done=%b", m_data[7:0], m_data[15:8], done);

    initial #170 $finish;
endmodule

`resetall
