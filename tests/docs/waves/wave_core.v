// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/core.md: the same layer on a core of each design. Two windows of two steps, one filter, one lane;
// activations (3, 1), then (2, 3) of both windows, 2 bits; weights 1, then -1: 2 bits where they are serial.
`timescale 1ns / 1ps
`default_nettype none

module wave_core #(
    parameter DESIGN = 1
);
    localparam COLS  = DESIGN == 0 ? 1 : 2;
    localparam STEPS = 4 / COLS;
    localparam WM_W  = DESIGN == 3 ? 1 : 8;

    reg clk;
    integer cycle, step;
    reg [WM_W-1:0] memory [0:3];
    reg [WM_W-1:0] wm_data;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
        if (DESIGN == 3) {memory[0], memory[1], memory[2], memory[3]} = 4'b01_11;
        else {memory[0], memory[1]} = {8'd1, -8'sd1};
    end
    always #5 clk = !clk;

    // BASE takes the windows one after the other
    wire [15:0] both    = step % 2 == 0 ? {8'd1, 8'd3} : {8'd3, 8'd2};
    wire [15:0] acts    = DESIGN == 0 && step > 1 ? both >> 8 : both;
    wire [1:0]  waddr   = DESIGN == 3 ? 2 * step : step % 2;
    wire        s_valid = cycle >= 0 && step < STEPS;
    wire        s_ready, wm_en, m_valid, m_keep, m_last, m_col, obs_start, obs_send, obs_reduce, stall_drain, stall_weights;
    wire [1:0]  wm_addr;
    wire [3:0]  obs_p;
    wire [2:0]  obs_n_l;
    wire [31:0] m_sums;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
        if (wm_en) wm_data <= memory[wm_addr];
    end

    dpr_core #(.DESIGN(DESIGN), .P(8), .ROWS(1), .COLS(COLS), .LANES(1), .ADDR_W(2)) u_dut (
        .clk(clk), .rst(cycle < 0), .cfg_static(1'b0), .cfg_n_h(3'd0), .cfg_serial(1'b0), .cfg_pool(1'b0), .cfg_slices(5'd1),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts[8*COLS-1:0]), .s_is_signed(1'b0), .s_n_l(3'd0),
        .s_first(step % 2 == 0), .s_last(step % 2 == 1), .s_waddr(waddr), .s_p_w(4'd2),
        .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(1'b1), .m_sums(m_sums), .m_col(m_col), .m_keep(m_keep), .m_last(m_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave take=%b step=%0d wm_en=%b obs_send=%b m_valid=%b m_col=%0d m_last=%b m_sums=%0d", s_valid && s_ready, step,
                 wm_en, obs_send, m_valid, m_col, m_last, $signed(m_sums));

    initial #220 $finish;
endmodule

`resetall
