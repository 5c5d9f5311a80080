// SPDX-License-Identifier: Apache-2.0
// The waves of docs/blocks/loom.md: one step of two activation bits and three weight bits. SERIAL = 0: a convolution, two windows.
// SERIAL = 1: a fully connected layer, three outputs.
`timescale 1ns / 1ps
`default_nettype none

module wave_loom #(
    parameter SERIAL = 0
);
    localparam COLS = 2 + SERIAL;

    reg clk;
    integer cycle, step;
    reg       memory [0:15];
    reg       wm_data;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
        if (SERIAL) begin  // weights 3, -3, 2 of columns 0, 1, 2
            {memory[0], memory[1], memory[2]} = 3'b010;
            {memory[3], memory[4], memory[5]} = 3'b101;
            {memory[6], memory[7], memory[8]} = 3'b110;
        end else begin     // weight -3
            {memory[0], memory[1], memory[2]} = 3'b101;
        end
    end
    always #5 clk = !clk;

    wire [8*COLS-1:0] acts = SERIAL ? {COLS{8'd3}} : {8'd2, 8'd3};
    wire        s_valid = cycle >= 0 && step < 1;
    wire        s_ready, wm_en, m_valid, m_last, obs_start, obs_send, stall_drain, stall_weights;
    wire [3:0]  wm_addr, obs_p;
    wire [2:0]  obs_n_l;
    wire [SERIAL:0] m_col;
    wire [31:0] m_sums;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
        if (wm_en) wm_data <= memory[wm_addr];
    end

    dpr_loom #(.P(8), .ROWS(1), .COLS(COLS), .LANES(1), .ADDR_W(4)) u_dut (
        .clk(clk), .rst(cycle < 0), .cfg_static(1'b0), .cfg_n_h(3'd0), .cfg_serial(SERIAL[0]),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts), .s_is_signed(1'b0), .s_n_l(3'd0), .s_first(1'b1),
        .s_last(1'b1), .s_waddr(4'd0), .s_p_w(4'd3), .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(1'b1), .m_sums(m_sums), .m_col(m_col), .m_last(m_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );

    wire [COLS-1:0] valid, bits, weight;
    wire [32*COLS-1:0] acc;
    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_look
            assign valid[c]  = u_dut.u_tile.g_column[c].u_column.s_valid;
            assign bits[c]   = u_dut.u_tile.g_column[c].u_column.s_bits;
            assign weight[c] = u_dut.u_tile.g_column[c].u_column.wr_q;
            assign acc[32*c +: 32] = u_dut.u_tile.g_column[c].u_column.m_sums;
        end
    endgenerate

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_ready=%b obs_start=%b wm_en=%b wm_addr=%0d obs_send=%b stall_weights=%b", s_valid, s_ready,
                 obs_start, wm_en, wm_addr, obs_send, stall_weights,
                 " valid_0=%b bit_0=%b weight_0=%b acc_0=%0d", valid[0], bits[0], weight[0], $signed(acc[31:0]),
                 " valid_1=%b bit_1=%b weight_1=%b acc_1=%0d", valid[1], bits[1], weight[1], $signed(acc[63:32]),
                 " valid_2=%b bit_2=%b weight_2=%b acc_2=%0d", valid[COLS-1], bits[COLS-1], weight[COLS-1],
                 $signed(acc[32*COLS-1 -: 32]),
                 " m_valid=%b m_col=%0d m_sums=%0d", m_valid, m_col, $signed(m_sums));

    initial #220 $finish;
endmodule

`resetall
