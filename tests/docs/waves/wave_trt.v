// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/trt.md: a fully connected layer of one output on two columns, a cascade of two slices. Three steps:
// P_w 3, 2, 5 and P_a 3, 4, 1.
`timescale 1ns / 1ps
`default_nettype none

module wave_trt;
    reg clk;
    integer cycle, step;
    reg [7:0] memory [0:15];
    reg [7:0] wm_data;
    integer i;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
        for (i = 0; i < 16; i = i + 1) memory[i] = 8'd0;
        // column 1, column 0: (-3, 3), then (-1, 1), then (-9, 12), the highest bit first
        {memory[0][1:0], memory[1][1:0], memory[2][1:0]} = 6'b10_01_11;
        {memory[3][1:0], memory[4][1:0]} = 4'b10_11;
        {memory[5][1:0], memory[6][1:0], memory[7][1:0], memory[8][1:0], memory[9][1:0]} = 10'b10_01_11_10_10;
    end
    always #5 clk = !clk;

    // activations of column 1, column 0
    wire [15:0] acts    = step == 0 ? {8'd1, 8'd5} : step == 1 ? {8'd5, 8'd9} : {8'd1, 8'd1};
    wire [3:0]  p_w     = step == 0 ? 4'd3 : step == 1 ? 4'd2 : 4'd5;
    wire [3:0]  waddr   = step == 0 ? 4'd0 : step == 1 ? 4'd3 : 4'd5;
    wire        s_valid = cycle >= 0 && step < 3;
    wire        s_ready, wm_en, m_valid, m_keep, m_last, m_col, obs_start, obs_send, obs_reduce, stall_drain, stall_weights;
    wire [3:0]  wm_addr, obs_p;
    wire [2:0]  obs_n_l;
    wire [31:0] m_sums;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
        if (wm_en) wm_data <= memory[wm_addr];
    end

    dpr_trt #(.P(8), .ROWS(1), .COLS(2), .LANES(1), .ADDR_W(4)) u_dut (
        .clk(clk), .rst(cycle < 0), .cfg_static(1'b0), .cfg_n_h(3'd0), .cfg_serial(1'b1), .cfg_pool(1'b0), .cfg_slices(5'd2),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts), .s_is_signed(1'b0), .s_n_l(3'd0), .s_first(step == 0),
        .s_last(step == 2), .s_waddr(waddr), .s_p_w(p_w), .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(1'b1), .m_sums(m_sums), .m_col(m_col), .m_keep(m_keep), .m_last(m_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_ready=%b step=S%0d wm_en=%b wm_addr=%0d", s_valid, s_ready, step, wm_en, wm_addr,
                 " shift=%b swr=%0d wr=%0d", u_dut.shift_q, $signed(u_dut.u_tile.g_column[0].u_weights.swr_q),
                 $signed(u_dut.u_tile.g_column[0].u_weights.wr_q),
                 " obs_start=%b obs_p=%0d obs_send=%b stall_weights=%b", obs_start, obs_p, obs_send, stall_weights,
                 " obs_reduce=%b acc_0=%0d acc_1=%0d", obs_reduce, $signed(u_dut.u_tile.g_column[0].u_column.g_row[0].acc),
                 $signed(u_dut.u_tile.g_column[1].u_column.g_row[0].acc),
                 " m_valid=%b m_col=%0d m_keep=%b m_sums=%0d", m_valid, m_col, m_keep, $signed(m_sums));

    initial #240 $finish;
endmodule

`resetall
