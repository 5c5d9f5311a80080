// SPDX-License-Identifier: Apache-2.0
// The second wave of docs/blocks/dispatcher.md: the steps of the first one, all of them sent as bits 3 to 0 (Stripes).
// Signals are printed in the middle of each cycle.
`timescale 1ns / 1ps
`default_nettype none

module wave_stripes;
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
    wire        drain_ready = 1'b1;
    wire        s_ready, a_read, a_read_first, b_read, m_fresh, m_valid, m_eog, m_negate, m_initial, m_start, m_first;
    wire        m_chain, m_capture, obs_start, obs_send, obs_reduce, stall_drain, stall_weights;
    wire [3:0]  m_bits, obs_p;
    wire [2:0]  m_offset, m_again, obs_n_l;
    wire [1:0]  a_addr, b_addr;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (s_valid && s_ready) step <= step + 1;
    end

    dpr_dispatcher #(.P(8), .COLS(2), .LANES(2), .ADDR_W(2)) u_dut (
        .clk(clk), .rst(cycle < 0), .cfg_static(1'b1), .cfg_n_h(3'd3), .cfg_stagger(1'b0), .cfg_chain(5'd0),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(acts), .s_is_signed(1'b0), .s_n_l(3'd0), .s_first(s_first),
        .s_last(s_last), .s_waddr(step[1:0]), .s_loads(4'd0), .s_again(3'd0), .drain_ready(drain_ready),
        .a_read(a_read), .a_read_first(a_read_first), .a_addr(a_addr), .b_read(b_read), .b_addr(b_addr),
        .m_fresh(m_fresh), .m_valid(m_valid), .m_bits(m_bits), .m_offset(m_offset), .m_again(m_again), .m_negate(m_negate),
        .m_initial(m_initial), .m_start(m_start), .m_first(m_first), .m_eog(m_eog), .m_chain(m_chain), .m_capture(m_capture),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_ready=%b step=S%0d s_last=%b", s_valid, s_ready, step, s_last,
                 " obs_start=%b obs_p=%0d drain_ready=%b stall_drain=%b", obs_start, obs_p, drain_ready, stall_drain,
                 " b_read=%b b_addr=%0d m_valid=%b m_bits=%b m_offset=%0d", b_read, b_addr, m_valid, m_bits, m_offset,
                 " m_eog=%b m_start=%b m_first=%b m_capture=%b", m_eog, m_start, m_first, m_capture);

    initial #200 $finish;
endmodule

`resetall
