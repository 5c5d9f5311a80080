// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/reducer.md: four columns of one row. All columns of the first pallet come together, and the second
// one to leave is held for a cycle; those of the second pallet come one after the other.
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

    wire        reserve = cycle == 0 || cycle == 9;
    wire        m_ready = cycle != 4;
    wire [3:0]  s_valid = cycle == 2 ? 4'b1111 : cycle >= 11 && cycle < 15 ? 4'b0001 << (cycle - 11) : 4'b0000;
    wire [31:0] s_sums  = cycle == 2 ? {8'd13, 8'd12, 8'd11, 8'd10} : {8'd23, 8'd22, 8'd21, 8'd20};
    wire        ready, m_valid, m_last;
    wire [7:0]  m_sums;
    wire [1:0]  m_col;

    dpr_reducer #(.ROWS(1), .COLS(4), .ACC_W(8)) u_dut (
        .clk(clk), .rst(cycle < 0), .reserve(reserve), .ready(ready), .s_valid(s_valid), .s_sums(s_sums),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave reserve=%b ready=%b any=%b s_valid=%b m_valid=%b m_ready=%b m_col=%0d m_sums=%0d m_last=%b",
                 reserve, ready, |s_valid, s_valid, m_valid, m_ready, m_col, m_sums, m_last);

    initial #190 $finish;
endmodule

`resetall
