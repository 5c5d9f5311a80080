// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/dispatcher.md: a pallet of two steps (3 bits, all zero), a pallet of one step (2 bits) that finds
// the reducer busy. Signals are printed in the middle of each cycle.
`timescale 1ns / 1ps
`default_nettype none

module wave_dispatcher;
    reg clk;
    integer cycle, step;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
    end
    always #5 clk = !clk;

    // column c, lane l at [(c*2 + l)*8 +: 8]
    wire [31:0] acts = step == 0 ? {8'd1, 8'd0, 8'd3, 8'd5} : step == 1 ? 32'd0 : {8'd2, 8'd0, 8'd1, 8'd3};
    wire        s_valid = cycle >= 0 && step < 3;
    wire        s_first = step != 1;
    wire        s_last  = step != 0;
    wire        drain_ready = cycle < 6 || cycle > 9;
    wire        s_ready, wm_en, m_valid, m_eog, m_negate, m_clear, m_last, obs_start, obs_send, stall_drain;
    wire [3:0]  m_bits, obs_p;
    wire [2:0]  m_offset, obs_n_l;
    wire [1:0]  wm_addr;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
    end

    dpr_dispatcher #(.P(8), .COLS(2), .LANES(2), .ADDR_W(2)) u_dut (
        .clk(clk), .rst(cycle < 0), .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts), .s_is_signed(1'b0), .s_n_l(3'd0),
        .s_first(s_first), .s_last(s_last), .s_waddr(step[1:0]), .drain_ready(drain_ready), .wm_en(wm_en), .wm_addr(wm_addr),
        .m_valid(m_valid), .m_bits(m_bits), .m_offset(m_offset), .m_eog(m_eog), .m_negate(m_negate), .m_clear(m_clear),
        .m_last(m_last), .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .stall_drain(stall_drain)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_ready=%b step=S%0d s_last=%b", s_valid, s_ready, step, s_last,
                 " obs_start=%b obs_p=%0d obs_send=%b", obs_start, obs_p, obs_send,
                 " drain_ready=%b stall_drain=%b wm_en=%b wm_addr=%0d", drain_ready, stall_drain, wm_en, wm_addr,
                 " m_valid=%b m_bits=%b m_offset=%0d m_eog=%b", m_valid, m_bits, m_offset, m_eog,
                 " m_clear=%b m_last=%b", m_clear, m_last);

    initial #160 $finish;
endmodule

`resetall
