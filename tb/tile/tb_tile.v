// SPDX-License-Identifier: Apache-2.0
// Bench of dispatcher + tile + reducer. It plays batches of pallet steps from files, cycle by cycle, without Python: Python
// writes stim.bin (weights.bin, ready.bin), changes `go`, sleeps until `done` follows, and reads the monitor's files.
// The clock is made here: nothing in Python samples a signal by its edge.
`timescale 1ns / 1ps
`default_nettype none

module tb_tile #(
    parameter P      = 16,
    parameter ROWS   = 16,
    parameter COLS   = 16,
    parameter LANES  = 16,
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16,
    parameter COL_W  = COLS > 1 ? $clog2(COLS) : 1,
    parameter ADDR_W = 8,
    parameter BATCH  = 1024,      // records of a batch at most
    parameter READY  = 4096       // cycles of the ready pattern
) (
    input  wire        rst,        // changes at falling edges only
    input  wire [31:0] go,         // a new value plays stim.bin
    input  wire [31:0] records,    // how many records it holds
    input  wire        new_weights,// read weights.bin first
    output reg  [31:0] done,       // equals go when the batch has been played and drained
    output reg  [31:0] cycle,
    output reg  [31:0] start,      // cycle 0 of the batch, the first of the ready pattern
    output reg  [31:0] stalls      // cycles lost to the reducer in this batch
);
    localparam N = COLS * LANES;

    reg clk;
    initial clk = 1'b0;
    always #5 clk = !clk;

    // ---- stimulus, one record a step: control as in the monitor, bits 31:24 the cycles to wait before it
    reg [N*P+31:0]          stim [0:BATCH];
    reg [ROWS*LANES*P-1:0]  weights [0:(1<<ADDR_W)-1];
    reg [READY-1:0]         ready_pattern [0:0];
    reg [ROWS*LANES*P-1:0]  wm_data;
    reg [N*P+31:0]          record;
    reg                     active, s_valid, m_ready;
    reg [31:0]              index, columns;
    reg [7:0]               wait_q;
    integer                 file, got;

    wire                    s_ready, wm_en, m_valid, m_last, obs_start, obs_send, stall_drain;
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
        stalls = 32'd0;
        index = 32'd0;
        columns = 32'd0;
        wait_q = 8'd0;
    end

    wire        advance = !s_valid || s_ready;
    wire        more    = index != records;
    wire        taken   = m_valid && m_ready;
    wire        drained = active && !more && !s_valid && columns == 32'd0;
    wire [31:0] since   = cycle + 32'd1 - start;

    always @(posedge clk) begin
        cycle <= cycle + 32'd1;
        if (wm_en) wm_data <= weights[wm_addr];
        m_ready <= ready_pattern[0][since[$clog2(READY)-1:0]];
        if (rst) begin
            s_valid <= 1'b0;
            active  <= 1'b0;
            columns <= 32'd0;
            if (active) done <= go;
        end else if (!active) begin
            if (go != done) begin
                if (new_weights) begin
                    file = $fopen("weights.bin", "rb");
                    got = $fread(weights, file);
                    $fclose(file);
                end
                file = $fopen("ready.bin", "rb");
                got = $fread(ready_pattern, file);
                $fclose(file);
                file = $fopen("stim.bin", "rb");
                got = $fread(stim, file);
                $fclose(file);
                active <= 1'b1;
                index  <= 32'd0;
                wait_q <= 8'd0;
                stalls <= 32'd0;
                start  <= cycle + 32'd1;
            end
        end else begin
            stalls  <= stalls + {31'd0, stall_drain};
            columns <= columns + (s_valid && s_ready && record[22] ? COLS : 32'd0) - {31'd0, taken};
            if (advance) begin
                s_valid <= more && wait_q == 8'd0;
                if (wait_q != 8'd0) begin
                    wait_q <= wait_q - 8'd1;
                end else if (more) begin
                    record <= stim[index];
                    index  <= index + 32'd1;
                    wait_q <= stim[index + 1][31:24];  // counts from this record's handshake
                end
            end
            if (drained) begin
                active <= 1'b0;
                done   <= go;
            end
        end
    end

    dpr_dstripes #(
        .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ADDR_W(ADDR_W)
    ) u_dut (
        .clk        (clk),
        .rst        (rst),
        .cfg_static (1'b0),
        .cfg_n_h    ({OFF_W{1'b0}}),
        .s_valid    (s_valid),
        .s_ready    (s_ready),
        .s_acts     (record[32 +: N*P]),
        .s_is_signed(record[20]),
        .s_n_l      (record[16 +: OFF_W]),
        .s_first    (record[21]),
        .s_last     (record[22]),
        .s_waddr    (record[ADDR_W-1:0]),
        .wm_en      (wm_en),
        .wm_addr    (wm_addr),
        .wm_data    (wm_data),
        .m_valid    (m_valid),
        .m_ready    (m_ready),
        .m_sums     (m_sums),
        .m_col      (m_col),
        .m_last     (m_last),
        .obs_start  (obs_start),
        .obs_p      (obs_p),
        .obs_n_l    (obs_n_l),
        .obs_send    (obs_send),
        .stall_drain(stall_drain)
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
        .s_acts     (record[32 +: N*P]),
        .s_is_signed(record[20]),
        .s_n_l      (record[16 +: OFF_W]),
        .s_first    (record[21]),
        .s_last     (record[22]),
        .s_waddr    (record[ADDR_W-1:0]),
        .obs_start  (obs_start),
        .obs_p      (obs_p),
        .obs_n_l    (obs_n_l),
        .m_valid    (m_valid),
        .m_ready    (m_ready),
        .m_sums     (m_sums),
        .m_col      (m_col)
    );

    wire unused = &{1'b0, m_last, obs_send};
endmodule

`resetall
