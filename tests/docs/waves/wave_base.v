// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/base.md: one unit of two lanes, a window of two steps whose sum is held for a cycle, and one of one step.
`timescale 1ns / 1ps
`default_nettype none

module wave_base;
    reg clk;
    integer cycle, step;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
    end
    always #5 clk = !clk;

    // steps (lane 0, lane 1): (5, 2), (1, 4), (4, 4)
    wire [15:0] acts    = step == 0 ? {8'd2, 8'd5} : step == 1 ? {8'd4, 8'd1} : {8'd4, 8'd4};
    wire        s_valid = cycle >= 0 && step < 3;
    wire        s_first = step != 1;
    wire        s_last  = step != 0;
    wire        m_ready = cycle != 4;
    wire        s_ready, wm_en, wm_addr, m_valid, obs_send, stall_drain;
    wire [31:0] m_sums;
    reg  [15:0] wm_data;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
        if (wm_en) wm_data <= wm_addr ? {8'd2, 8'd2} : {-8'sd1, 8'd3};
    end

    dpr_base #(.P(8), .ROWS(1), .LANES(2), .ADDR_W(1)) u_dut (
        .clk(clk), .rst(cycle < 0), .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts), .s_is_signed(1'b0),
        .s_first(s_first), .s_last(s_last), .s_waddr(step == 1), .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .obs_send(obs_send), .stall_drain(stall_drain)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_ready=%b step=S%0d s_first=%b s_last=%b wm_en=%b wm_addr=%b stall_drain=%b", s_valid, s_ready,
                 step, s_first, s_last, wm_en, wm_addr, stall_drain,
                 " sum_q=%0d sum=%b m_valid=%b m_ready=%b m_sums=%0d", $signed(u_dut.g_row[0].u_ip.sum_q), u_dut.v2_q, m_valid,
                 m_ready, $signed(m_sums));

    initial #140 $finish;
endmodule

`resetall
