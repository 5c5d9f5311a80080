// SPDX-License-Identifier: Apache-2.0
// Writes what passes a core's ports to binary files, so that Python wakes once a batch and reads arrays. The same monitor
// watches a core that the bench drives (active) and the tile inside a layer (passive).
// Files, little endian, each field padded to 32 bits: inputs.bin {cycle, control low, control high, acts}, steps.bin
// {cycle, trailing, p}, sums.bin {cycle, column, sums}; bit 16 of column: it holds results, bit 17: last of its pallet.
`timescale 1ns / 1ps
`default_nettype none

module tile_monitor #(
    parameter P      = 16,
    parameter ROWS   = 16,
    parameter COLS   = 16,
    parameter LANES  = 16,
    parameter ADDR_W = 10,
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16,
    parameter COL_W  = COLS > 1 ? $clog2(COLS) : 1
) (
    input wire                    clk,
    input wire                    rst,
    input wire [31:0]             cycle,
    input wire                    flush,        // write out what is buffered
    // input handshakes
    input wire                    s_valid,
    input wire                    s_ready,
    input wire [COLS*LANES*P-1:0] s_acts,
    input wire                    s_is_signed,
    input wire [OFF_W-1:0]        s_n_l,
    input wire                    s_first,
    input wire                    s_last,
    input wire [ADDR_W-1:0]       s_waddr,
    input wire [OFF_W:0]          s_p_w,
    // step starts
    input wire                    obs_start,
    input wire [OFF_W:0]          obs_p,
    input wire [OFF_W-1:0]        obs_n_l,
    // output handshakes
    input wire                    m_valid,
    input wire                    m_ready,
    input wire [ROWS*ACC_W-1:0]   m_sums,
    input wire [COL_W-1:0]        m_col,
    input wire                    m_keep,
    input wire                    m_last
);
    integer inputs, steps, sums;
    initial begin
        #1;  // after the processes of a forked simulation have parted: each writes files of its own
        inputs = $fopen("inputs.bin", "wb");
        steps  = $fopen("steps.bin", "wb");
        sums   = $fopen("sums.bin", "wb");
    end

    // 15:0 word of the weight memory, 19:16 n_l, 20 signed, 21 first, 22 last, 32:28 precision of the weights
    wire [63:0] control  = {31'd0, {(4-OFF_W){1'b0}}, s_p_w, 5'd0, s_last, s_first, s_is_signed, {(4-OFF_W){1'b0}}, s_n_l,
                            {(16-ADDR_W){1'b0}}, s_waddr};
    wire [31:0] p        = {{(31-OFF_W){1'b0}}, obs_p};
    wire [31:0] trailing = {{(32-OFF_W){1'b0}}, obs_n_l};
    wire [31:0] col      = {14'd0, m_last, m_keep, {(16-COL_W){1'b0}}, m_col};

    always @(posedge clk) if (!rst) begin
        if (s_valid && s_ready) $fwrite(inputs, "%u", {s_acts, control, cycle});
        if (obs_start) $fwrite(steps, "%u", {p, trailing, cycle});
        if (m_valid && m_ready) $fwrite(sums, "%u", {m_sums, col, cycle});
    end

    always @(posedge clk) if (flush) begin
        $fflush(inputs);
        $fflush(steps);
        $fflush(sums);
    end
endmodule

`resetall
