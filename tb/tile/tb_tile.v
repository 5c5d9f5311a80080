// SPDX-License-Identifier: Apache-2.0
// Bench of any design's core (docs/architecture.md section 6). It plays batches of steps from files, cycle by cycle, without
// Python: Python sets the layer registers, writes stim.bin (weights.bin, ready.bin), changes `go`, sleeps until `done`
// follows, and reads the monitor's files. The clock is made here: nothing in Python samples a signal by its edge.
`timescale 1ns / 1ps
`default_nettype none

module tb_tile #(
    parameter DESIGN         = 1,   // 0 base, 1 dstripes, 2 trt, 3 loom
    parameter P              = 16,
    parameter ROWS           = 16,
    parameter COLS           = 16,
    parameter LANES          = 16,
    parameter BITS_PER_CYCLE = 1,
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16,
    parameter COL_W  = COLS > 1 ? $clog2(COLS) : 1,
    parameter WM_W   = DESIGN == 3 ? ROWS * LANES : ROWS * LANES * P,
    parameter ADDR_W = WM_W <= 2048 ? 16 : 13,  // of the weight memory, as address_bits of memory.py
    parameter READY  = 4096       // cycles of the ready pattern
) (
    input  wire        rst,        // changes at falling edges only
    input  wire [31:0] go,         // a new value plays stim.bin
    input  wire [31:0] records,    // how many records it holds
    input  wire        new_weights,// read weights.bin first ...
    input  wire [31:0] first_word, // ... into this word of the memory and the following ones
    // layer registers
    input  wire        cfg_static,
    input  wire [3:0]  cfg_n_h,
    input  wire        cfg_serial,
    input  wire        cfg_pool,
    input  wire [4:0]  cfg_slices,
    output reg  [31:0] done,       // equals go when the batch has been played and drained
    output reg  [31:0] cycle,
    output reg  [31:0] start,      // cycle 0 of the batch, the first of the ready pattern
    // cycles of this batch in which the core ...
    output reg  [31:0] sends,      // sent operands
    output reg  [31:0] stalls,     // waited for the output (tb_layer.v has this one too)
    output reg  [31:0] fetches,    // waited for weights
    output reg  [31:0] reduces,    // reduced a cascade
    output reg  [31:0] overlaps    // said more than one of these: a mistake
);
    localparam N     = COLS * LANES;
    localparam REC_W = N * P + 64;

    reg clk;
    initial clk = 1'b0;
    always #5 clk = !clk;

    // ---- stimulus, a record a step: acts above 64 bits of control
    // 15:0 waddr, 19:16 n_l, 20 signed, 21 first, 22 last, 32:28 p_w, 47:40 cycles to wait before the step
    reg [REC_W-1:0]         record, next;
    reg [WM_W-1:0]          weights [0:(1<<ADDR_W)-1];
    reg [READY-1:0]         ready_pattern [0:0];
    reg [WM_W-1:0]          wm_data;
    reg                     active, s_valid, m_ready;
    reg [31:0]              index, columns;
    reg [7:0]               wait_q;
    integer                 file, stim, got;

    wire                    s_ready, wm_en, m_valid, m_keep, m_last, obs_start;
    wire                    obs_send, stall_drain, stall_weights, obs_reduce;
    wire [ADDR_W-1:0]       wm_addr;
    wire [ROWS*ACC_W-1:0]   m_sums;
    wire [COL_W-1:0]        m_col;
    wire [OFF_W:0]          obs_p;
    wire [OFF_W-1:0]        obs_n_l;

    initial begin
        active = 1'b0;
        s_valid = 1'b0;
        m_ready = 1'b0;
        done = 32'd0;
        cycle = 32'd0;
        start = 32'd0;
        index = 32'd0;
        columns = 32'd0;
        wait_q = 8'd0;
        sends = 32'd0;
        stalls = 32'd0;
        fetches = 32'd0;
        reduces = 32'd0;
        overlaps = 32'd0;
    end

    wire        advance = !s_valid || s_ready;
    wire        more    = index != records;
    wire        taken   = m_valid && m_ready;
    wire        drained = active && !more && !s_valid && columns == 32'd0;
    wire [31:0] since   = cycle + 32'd1 - start;
    wire [2:0]  causes  = {2'd0, obs_send} + {2'd0, stall_drain} + {2'd0, stall_weights} + {2'd0, obs_reduce};

    always @(posedge clk) begin
        cycle <= cycle + 32'd1;
        if (wm_en) wm_data <= weights[wm_addr];
        m_ready <= ready_pattern[0][since[$clog2(READY)-1:0]];
        if (rst) begin
            s_valid <= 1'b0;
            active  <= 1'b0;
            columns <= 32'd0;
            if (active) begin
                done <= go;
                $fclose(stim);
            end
        end else if (!active) begin
            if (go != done) begin
                if (new_weights) begin
                    file = $fopen("weights.bin", "rb");
                    got = $fread(weights, file, first_word);
                    $fclose(file);
                end
                file = $fopen("ready.bin", "rb");
                got = $fread(ready_pattern, file);
                $fclose(file);
                stim = $fopen("stim.bin", "rb");
                got = $fread(next, stim);
                active   <= 1'b1;
                index    <= 32'd0;
                wait_q   <= 8'd0;
                sends    <= 32'd0;
                stalls   <= 32'd0;
                fetches  <= 32'd0;
                reduces  <= 32'd0;
                overlaps <= 32'd0;
                start    <= cycle + 32'd1;
            end
        end else begin
            sends    <= sends + {31'd0, obs_send};
            stalls   <= stalls + {31'd0, stall_drain};
            fetches  <= fetches + {31'd0, stall_weights};
            reduces  <= reduces + {31'd0, obs_reduce};
            overlaps <= overlaps + {31'd0, causes > 3'd1};
            columns  <= columns + (s_valid && s_ready && record[22] ? COLS : 32'd0) - {31'd0, taken};
            if (advance) begin
                s_valid <= more && wait_q == 8'd0;
                if (wait_q != 8'd0) begin
                    wait_q <= wait_q - 8'd1;
                end else if (more) begin
                    record <= next;
                    index  <= index + 32'd1;
                    got = $fread(next, stim);
                    wait_q <= next[47:40];  // counts from this record's handshake
                end
            end
            if (drained) begin
                active <= 1'b0;
                done   <= go;
                $fclose(stim);
            end
        end
    end

    dpr_core #(
        .DESIGN(DESIGN), .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(ADDR_W)
    ) u_dut (
        .clk          (clk),
        .rst          (rst),
        .cfg_static   (cfg_static),
        .cfg_n_h      (cfg_n_h[OFF_W-1:0]),
        .cfg_serial   (cfg_serial),
        .cfg_pool     (cfg_pool),
        .cfg_slices   (cfg_slices),
        .s_valid      (s_valid),
        .s_ready      (s_ready),
        .s_acts       (record[64 +: N*P]),
        .s_is_signed  (record[20]),
        .s_n_l        (record[16 +: OFF_W]),
        .s_first      (record[21]),
        .s_last       (record[22]),
        .s_waddr      (record[ADDR_W-1:0]),
        .s_p_w        (record[28 +: OFF_W+1]),
        .wm_en        (wm_en),
        .wm_addr      (wm_addr),
        .wm_data      (wm_data),
        .m_valid      (m_valid),
        .m_ready      (m_ready),
        .m_sums       (m_sums),
        .m_col        (m_col),
        .m_keep       (m_keep),
        .m_last       (m_last),
        .obs_start    (obs_start),
        .obs_p        (obs_p),
        .obs_n_l      (obs_n_l),
        .obs_send     (obs_send),
        .stall_drain  (stall_drain),
        .stall_weights(stall_weights),
        .obs_reduce   (obs_reduce)
    );

    tile_monitor #(
        .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ADDR_W(ADDR_W)
    ) u_monitor (
        .clk        (clk),
        .rst        (rst),
        .cycle      (cycle),
        .flush      (drained || (rst && active)),
        .s_valid    (s_valid),
        .s_ready    (s_ready),
        .s_acts     (record[64 +: N*P]),
        .s_is_signed(record[20]),
        .s_n_l      (record[16 +: OFF_W]),
        .s_first    (record[21]),
        .s_last     (record[22]),
        .s_waddr    (record[ADDR_W-1:0]),
        .s_p_w      (record[28 +: OFF_W+1]),
        .obs_start  (obs_start),
        .obs_p      (obs_p),
        .obs_n_l    (obs_n_l),
        .m_valid    (m_valid),
        .m_ready    (m_ready),
        .m_sums     (m_sums),
        .m_col      (m_col),
        .m_keep     (m_keep),
        .m_last     (m_last)
    );

    wire unused = &{1'b0, got[0], cfg_n_h, record};
endmodule

`resetall
