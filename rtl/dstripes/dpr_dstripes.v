// SPDX-License-Identifier: Apache-2.0
// Dispatcher, one DStripes tile and its reducer (paper section 5.2, Fig. 3d): pallet steps in, one column of sums a cycle out.
// The weight memory is outside; it is read when a step starts and answers in the next cycle.
`default_nettype none

module dpr_dstripes #(
    parameter P      = 16,  // maximum precision in bits
    parameter ROWS   = 16,  // filters
    parameter COLS   = 16,  // windows
    parameter LANES  = 16,  // products per SIP and cycle
    parameter ADDR_W = 10,  // width of a weight memory address
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16,
    parameter COL_W  = COLS > 1 ? $clog2(COLS) : 1
) (
    input  wire                     clk,
    input  wire                     rst,
    // pallet steps
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [COLS*LANES*P-1:0]  s_acts,       // column c, lane l at [(c*LANES + l)*P +: P]
    input  wire                     s_is_signed,
    input  wire [OFF_W-1:0]         s_n_l,
    input  wire                     s_first,      // first step of a pallet
    input  wire                     s_last,       // last step of a pallet
    input  wire [ADDR_W-1:0]        s_waddr,
    // weight memory
    output wire                     wm_en,
    output wire [ADDR_W-1:0]        wm_addr,
    input  wire [ROWS*LANES*P-1:0]  wm_data,      // row r, lane l at [(r*LANES + l)*P +: P]; kept until the next read
    // sums, one column a cycle
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [ROWS*ACC_W-1:0]    m_sums,       // row r at [r*ACC_W +: ACC_W], signed
    output wire [COL_W-1:0]         m_col,
    output wire                     m_last,       // last column of a pallet
    // observation
    output wire                     obs_start,    // a step starts in the dispatcher
    output wire [OFF_W:0]           obs_p,        // its precision
    output wire [OFF_W-1:0]         obs_n_l,      // its dynamic trailing position
    output wire                     obs_send,     // the dispatcher sends a bit plane
    output wire                     stall_drain   // waiting for the reducer
);
    wire                      d_valid, d_eog, d_last, d_negate, d_clear;
    wire [COLS*LANES-1:0]     d_bits;
    wire [OFF_W-1:0]          d_offset;
    wire                      t_valid;
    wire [COLS*ROWS*ACC_W-1:0] t_sums;

    // One pallet at a time between its last plane and its last column. Registered: no path from m_ready to s_ready.
    wire capture = d_valid && d_eog && d_last;
    reg  pending_q;
    always @(posedge clk) begin
        if (rst) pending_q <= 1'b0;
        else if (capture) pending_q <= 1'b1;
        else if (m_valid && m_ready && m_last) pending_q <= 1'b0;
    end

    dpr_dispatcher #(
        .P(P), .COLS(COLS), .LANES(LANES), .ADDR_W(ADDR_W)
    ) u_dispatcher (
        .clk        (clk),
        .rst        (rst),
        .s_valid    (s_valid),
        .s_ready    (s_ready),
        .s_acts     (s_acts),
        .s_is_signed(s_is_signed),
        .s_n_l      (s_n_l),
        .s_first    (s_first),
        .s_last     (s_last),
        .s_waddr    (s_waddr),
        .drain_ready(!pending_q && !capture),
        .wm_en      (wm_en),
        .wm_addr    (wm_addr),
        .m_valid    (d_valid),
        .m_bits     (d_bits),
        .m_offset   (d_offset),
        .m_eog      (d_eog),
        .m_negate   (d_negate),
        .m_clear    (d_clear),
        .m_last     (d_last),
        .obs_start  (obs_start),
        .obs_p      (obs_p),
        .obs_n_l    (obs_n_l),
        .obs_send   (obs_send),
        .stall_drain(stall_drain)
    );

    dpr_tile #(
        .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES)
    ) u_tile (
        .clk      (clk),
        .rst      (rst),
        .s_valid  (d_valid),
        .s_bits   (d_bits),
        .s_offset (d_offset),
        .s_negate (d_negate),
        .s_clear  (d_clear),
        .s_eog    (d_eog),
        .s_last   (d_last),
        .s_weights(wm_data),
        .m_valid  (t_valid),
        .m_sums   (t_sums)
    );

    dpr_reducer #(
        .ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W)
    ) u_reducer (
        .clk    (clk),
        .rst    (rst),
        .s_valid(t_valid),
        .s_sums (t_sums),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_sums (m_sums),
        .m_col  (m_col),
        .m_last (m_last)
    );
endmodule

`resetall
