// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/reducer.md: four columns of one row, the second held for a cycle; the next pallet arrives in the
// cycle of the last column, the earliest that loses nothing.
`timescale 1ns / 1ps
`default_nettype none

module wave_reducer;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -2;
    end
    always #5 clk = !clk;
    always @(posedge clk) cycle <= cycle + 1;

    wire        s_valid = cycle == 1 || cycle == 6;
    wire        m_ready = cycle != 3;
    wire [31:0] s_sums  = cycle == 1 ? {8'd13, 8'd12, 8'd11, 8'd10} : {8'd23, 8'd22, 8'd21, 8'd20};
    wire        m_valid, m_last;
    wire [7:0]  m_sums;
    wire [1:0]  m_col;

    dpr_reducer #(.ROWS(1), .COLS(4), .ACC_W(8)) u_dut (
        .clk(clk), .rst(cycle < 0), .s_valid(s_valid), .s_sums(s_sums),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b m_valid=%b m_ready=%b m_col=%0d m_sums=%0d m_last=%b",
                 s_valid, m_valid, m_ready, m_col, m_sums, m_last);

    initial #130 $finish;
endmodule

`resetall
