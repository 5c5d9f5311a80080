// SPDX-License-Identifier: Apache-2.0
// Bench of the layer engine. Python names a command, changes `go` and sleeps until `done` follows; registers, biases and
// containers come from files and containers go to a file, so a whole layer costs a handful of wakes.
// The clock is made here: nothing in Python samples a signal by its edge.
`timescale 1ns / 1ps
`default_nettype none

module tb_layer #(
    parameter DESIGN         = 1,
    parameter P              = 16,
    parameter PREFIX_W       = 4,
    parameter ALIGN          = 64,
    parameter ENGINES        = 16,
    parameter ROWS           = 16,
    parameter COLS           = 16,
    parameter LANES          = 16,
    parameter BITS_PER_CYCLE = 1,
    parameter AM_BRICKS      = 4096,
    parameter WM_WORDS       = 1024,
    parameter OM_BRICKS      = 4096,
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter WORDS          = 65536,  // containers of a tensor at most
    parameter REGS           = 31
) (
    input  wire              rst,         // changes at falling edges only
    input  wire [31:0]       go,          // a new value runs the command
    input  wire [1:0]        command,     // 0 registers, biases, precisions of weights, 1 load, 2 compute, 3 store
    input  wire [31:0]       count,       // biases (command 0) or words (command 1) of the file
    input  wire [31:0]       entries,     // precisions of weights (command 0) of the file
    input  wire [OFF_W+33:0] descriptor,  // of the tensor (command 1)
    input  wire              stalls_on,   // random gaps in the streams
    output reg  [31:0]       done,        // equals go when the command is done
    output reg  [31:0]       cycle,
    output wire [31:0]       start,       // for the tile's monitor: its output is always taken
    output wire [31:0]       stalls,
    output wire [2:0]        load_error,
    output wire              load_overflow,
    output wire [31:0]       compute_cycles,
    output wire [31:0]       step_cycles,
    output wire [31:0]       stall_weight_fetch,
    output wire [31:0]       stall_activation_fetch,
    output wire [31:0]       reduce_cycles,
    output wire [31:0]       fill_cycles,
    output reg  [31:0]       phase_cycles // cycles of the last command
);
    reg clk;
    initial clk = 1'b0;
    always #5 clk = !clk;

    reg [63:0] words [0:WORDS-1];
    reg [31:0] values [0:8191];
    integer    file, got, out;

    reg        active, desc_sent, s_valid, reg_en, bias_en, compute_start, store_start;
    reg [31:0] index;
    reg [4:0]  reg_addr;
    reg [11:0] bias_addr;
    reg [31:0] value;
    reg [15:0] lfsr;

    wire        desc_ready, s_ready, m_valid, m_last, compute_busy, store_busy, load_busy;
    wire [63:0] m_data;
    wire        m_ready = !stalls_on || lfsr[0];
    wire        gap     = stalls_on && lfsr[3:2] == 2'd0;

    initial begin
        done = 32'd0;
        cycle = 32'd0;
        active = 1'b0;
        desc_sent = 1'b0;
        s_valid = 1'b0;
        reg_en = 1'b0;
        bias_en = 1'b0;
        compute_start = 1'b0;
        store_start = 1'b0;
        index = 32'd0;
        lfsr = 16'hace1;
        phase_cycles = 32'd0;
        #1;  // after the processes of a forked simulation have parted: each writes a file of its own
        out = $fopen("out.bin", "wb");
    end

    wire desc_valid = active && command == 2'd1 && !desc_sent;
    // between commands every phase is over, and the next tensor's descriptor is welcome
    wire idle       = desc_ready && !load_busy && !compute_busy && !store_busy;
    wire finished   = idle && (command == 2'd0 ? index == REGS + count + entries
                             : command == 2'd1 ? desc_sent && index == count && !s_valid
                             : command == 2'd2 ? index == 32'd1 && !compute_start
                             : index == 32'd1 && !store_start);

    always @(posedge clk) begin
        cycle <= cycle + 32'd1;
        lfsr <= {lfsr[14:0], lfsr[15] ^ lfsr[13] ^ lfsr[12] ^ lfsr[10]};
        reg_en <= 1'b0;
        bias_en <= 1'b0;
        compute_start <= 1'b0;
        store_start <= 1'b0;
        if (m_valid && m_ready && !rst) $fwrite(out, "%u", m_data);
        if (rst) begin
            active <= 1'b0;
            s_valid <= 1'b0;
            if (active) begin
                done <= go;
                $fflush(out);
            end
        end else if (!active) begin
            if (go != done) begin
                active <= 1'b1;
                index <= 32'd0;
                desc_sent <= 1'b0;
                phase_cycles <= 32'd0;
                if (command == 2'd0) begin
                    file = $fopen("registers.bin", "rb");
                    got = $fread(values, file);
                    $fclose(file);
                end
                if (command == 2'd1) begin
                    file = $fopen("words.bin", "rb");
                    got = $fread(words, file);
                    $fclose(file);
                end
            end
        end else begin
            phase_cycles <= phase_cycles + 32'd1;
            if (desc_valid && desc_ready) desc_sent <= 1'b1;
            case (command)
                2'd0: if (!finished) begin
                    reg_en <= index < REGS || index >= REGS + count;
                    bias_en <= index >= REGS && index < REGS + count;
                    reg_addr <= index < REGS ? index[4:0] : 5'd31;
                    bias_addr <= index[11:0] - REGS;
                    value <= values[index[12:0]];
                    index <= index + 32'd1;
                end
                2'd1: if (!s_valid || s_ready) begin
                    s_valid <= index != count && !gap;
                    if (index != count && !gap) index <= index + 32'd1;
                end
                2'd2: begin
                    compute_start <= index == 32'd0;
                    index <= 32'd1;
                end
                default: begin
                    store_start <= index == 32'd0;
                    index <= 32'd1;
                end
            endcase
            if (finished) begin
                active <= 1'b0;
                done <= go;
                $fflush(out);
            end
        end
    end

    wire [31:0] presented = index - 32'd1;  // the word on the bus

    dpr_layer #(
        .DESIGN(DESIGN), .P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES), .ROWS(ROWS), .COLS(COLS), .LANES(LANES),
        .BITS_PER_CYCLE(BITS_PER_CYCLE), .AM_BRICKS(AM_BRICKS), .WM_WORDS(WM_WORDS), .OM_BRICKS(OM_BRICKS)
    ) u_dut (
        .clk(clk), .rst(rst),
        .reg_en(reg_en), .reg_addr(reg_addr), .reg_data(value),
        .bias_en(bias_en), .bias_addr(bias_addr), .bias_data(value),
        .s_desc_tvalid(desc_valid), .s_desc_tready(desc_ready), .s_desc_tdata(descriptor),
        .s_axis_tvalid(s_valid), .s_axis_tready(s_ready), .s_axis_tdata(words[presented[15:0]]),
        .s_axis_tlast(index == count),
        .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tdata(m_data), .m_axis_tlast(m_last),
        .compute_start(compute_start), .compute_busy(compute_busy), .store_start(store_start), .store_busy(store_busy),
        .load_busy(load_busy), .load_error(load_error), .load_overflow(load_overflow),
        .compute_cycles(compute_cycles), .step_cycles(step_cycles), .stall_output_drain(stalls),
        .stall_weight_fetch(stall_weight_fetch), .stall_activation_fetch(stall_activation_fetch),
        .reduce_cycles(reduce_cycles), .fill_cycles(fill_cycles)
    );

    tile_monitor #(
        .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ADDR_W($clog2(WM_WORDS))
    ) u_monitor (
        .clk        (clk),
        .rst        (rst),
        .cycle      (cycle),
        .flush      (active && (finished || rst)),
        .s_valid    (u_dut.f_valid_q),
        .s_ready    (u_dut.f_ready),
        .s_acts     (u_dut.f_acts),
        .s_is_signed(u_dut.is_signed),
        .s_n_l      (u_dut.n_l),
        .s_first    (u_dut.f_first_q),
        .s_last     (u_dut.f_last_q),
        .s_waddr    (u_dut.f_waddr),
        .s_p_w      (u_dut.f_p_w),
        .obs_start  (u_dut.obs_start),
        .obs_p      (u_dut.obs_p),
        .obs_n_l    (u_dut.obs_n_l),
        .m_valid    (u_dut.t_valid),
        .m_ready    (1'b1),
        .m_sums     (u_dut.t_sums),
        .m_col      (u_dut.t_col),
        .m_keep     (u_dut.t_keep),
        .m_last     (u_dut.t_last)
    );

    assign start = 32'd0;
    wire unused = &{1'b0, m_last, got[0]};
endmodule

`resetall
