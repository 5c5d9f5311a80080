// SPDX-License-Identifier: Apache-2.0
// The timeline of docs/blocks/layer.md: one small convolution on the engine, from reset to its last container. Registers,
// biases and containers come from files; of each event the first cycle (and the last, where it differs) is printed.
`timescale 1ns / 1ps
`default_nettype none

module wave_layer #(
    parameter COLS    = 4,
    parameter WEIGHTS = 1,  // words of weights.hex
    parameter ACTS    = 1,  // words of acts.hex
    parameter COUNT_W = 1,  // weights
    parameter COUNT_A = 1   // activations
);
    localparam REGS = 31;

    reg         clk, rst;
    reg  [31:0] registers [0:REGS+15];
    reg  [63:0] weights [0:WEIGHTS-1];
    reg  [63:0] acts [0:ACTS-1];
    integer     cycle, index, state;
    initial begin
        clk = 1'b0;
        rst = 1'b1;
        cycle = -2;
        index = 0;
        state = 0;
        $readmemh("registers.hex", registers);
        $readmemh("weights.hex", weights);
        $readmemh("acts.hex", acts);
    end
    always #5 clk = !clk;

    // state 0 registers, 1 biases, 2 weights, 3 activations, 4 compute, 5 store
    wire        load = state == 2 || state == 3;
    wire [31:0] words = state == 2 ? WEIGHTS : ACTS;
    wire        desc_valid = load && index == 0;
    wire        s_valid = load && index > 0 && index <= words;
    wire        desc_ready, s_ready, m_valid, m_last, compute_busy, store_busy, load_busy, load_overflow;
    wire [37:0] desc = state == 2 ? {1'b1, 4'd0, 1'b1, COUNT_W[31:0]} : {1'b0, 4'd0, 1'b0, COUNT_A[31:0]};
    wire [63:0] m_data;
    wire [2:0]  load_error;
    wire [31:0] compute_cycles, step_cycles, drain, late_weights, fetch, reduce, fill;
    reg         started;

    always @(posedge clk) begin
        rst <= 1'b0;
        if (rst) cycle <= 0;
        else cycle <= cycle + 1;
        if (!rst) case (state)
            0, 1: begin
                index <= index + 1;
                if (index == REGS - 1) state <= 1;
                if (index == REGS + 15) begin
                    state <= 2;
                    index <= 0;
                end
            end
            2, 3: begin
                if (desc_valid && desc_ready || s_valid && s_ready) index <= index + 1;
                if (index > words && !load_busy) begin
                    state <= state + 1;
                    index <= 0;
                    started <= 1'b0;
                    if (state == 3) cycle <= 0;  // cycle 0 is that of compute_start
                end
            end
            4: begin
                started <= 1'b1;
                if (started && !compute_busy) begin
                    state <= 5;
                    started <= 1'b0;
                end
            end
            5: begin
                started <= 1'b1;
                if (started && !store_busy) state <= 6;
            end
            default: $finish;
        endcase
    end

    dpr_layer #(.ENGINES(8), .COLS(COLS), .AM_BRICKS(256), .WM_WORDS(256), .OM_BRICKS(512)) u_dut (
        .clk(clk), .rst(rst), .reg_en(state == 0 && !rst), .reg_addr(index[4:0]), .reg_data(registers[index]),
        .bias_en(state == 1), .bias_addr(index[11:0] - 12'd31), .bias_data(registers[index]),
        .s_desc_tvalid(desc_valid), .s_desc_tready(desc_ready), .s_desc_tdata(desc),
        .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
        .s_axis_tdata(state == 2 ? weights[index - 1] : acts[index - 1]), .s_axis_tlast(index == words),
        .m_axis_tvalid(m_valid), .m_axis_tready(1'b1), .m_axis_tdata(m_data), .m_axis_tlast(m_last),
        .compute_start(state == 4 && !started), .compute_busy(compute_busy),
        .store_start(state == 5 && !started), .store_busy(store_busy), .load_busy(load_busy), .load_error(load_error),
        .load_overflow(load_overflow), .compute_cycles(compute_cycles), .step_cycles(step_cycles),
        .stall_output_drain(drain), .stall_weight_fetch(late_weights), .stall_activation_fetch(fetch), .reduce_cycles(reduce),
        .fill_cycles(fill)
    );

    always @(negedge clk) if (state == 4) begin
        if (!started) $display("event %0d compute_start", cycle);
        if (u_dut.u_sequencer.init_q) $display("event %0d lay_out", cycle);
        if (u_dut.q_valid && u_dut.q_ready) $display("event %0d am_read", cycle);
        if (u_dut.f_valid_q && u_dut.f_ready) $display("event %0d dispatcher_takes", cycle);
        if (u_dut.obs_start) $display("event %0d step_starts", cycle);
        if (u_dut.obs_send) $display("event %0d plane_leaves", cycle);
        if (u_dut.t_valid) $display("event %0d column", cycle);
        if (u_dut.om_w_en) $display("event %0d brick_written", cycle);
        if (u_dut.out_done) $display("event %0d done", cycle);
        if (!compute_busy && started) $display("event %0d idle", cycle);
    end
    always @(negedge clk) if (state == 6)
        $display("counters compute_cycles=%0d step_cycles=%0d", compute_cycles, step_cycles,
                 " stall_output_drain=%0d stall_weight_fetch=%0d stall_activation_fetch=%0d", drain, late_weights, fetch,
                 " reduce_cycles=%0d fill_cycles=%0d", reduce, fill);
    always @(negedge clk) if (m_valid && !rst) $display("word %h %b", m_data, m_last);
endmodule

`resetall
