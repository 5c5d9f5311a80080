// SPDX-License-Identifier: Apache-2.0
// TRT, Tartan (paper section 5.3.1): dispatcher, tile with weight registers, reducer. Convolutions run as on DStripes. In a fully
// connected layer (cfg_serial) every SIP has weights of its own; those of the next step are loaded serially, BITS_PER_CYCLE bits a
// cycle, while the present step is multiplied, so that a step takes max(P_a, P_w) cycles. The next step waits in the dispatcher's
// stage A for its weights.
`default_nettype none

module dpr_trt #(
    parameter P              = 16,  // maximum precision in bits
    parameter ROWS           = 16,  // filters
    parameter COLS           = 16,  // windows, or outputs of a row
    parameter LANES          = 16,  // products per SIP and cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation, and of a serial weight, per cycle
    parameter ADDR_W         = 10,  // width of a weight memory address
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter ACC_W          = 2 * P + 16,
    parameter COL_W          = COLS > 1 ? $clog2(COLS) : 1
) (
    input  wire                     clk,
    input  wire                     rst,
    // layer registers: stable while a layer runs
    input  wire                     cfg_static,   // bits n_H..n_L of every value
    input  wire [OFF_W-1:0]         cfg_n_h,
    input  wire                     cfg_serial,   // fully connected: weights come serially
    input  wire                     cfg_pool,     // max pooling
    input  wire [4:0]               cfg_slices,   // SIPs of a row that share an output, 1: no cascade
    // pallet steps
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [COLS*LANES*P-1:0]  s_acts,       // column c, lane l at [(c*LANES + l)*P +: P]
    input  wire                     s_is_signed,
    input  wire [OFF_W-1:0]         s_n_l,
    input  wire                     s_first,      // first step of a pallet
    input  wire                     s_last,       // last step of a pallet
    input  wire [ADDR_W-1:0]        s_waddr,      // serial: of the first of ceil(max(1, s_p_w) / BITS_PER_CYCLE) words
    input  wire [OFF_W:0]           s_p_w,        // serial: precision of the step's weights
    // weight memory
    output wire                     wm_en,
    output wire [ADDR_W-1:0]        wm_addr,
    input  wire [ROWS*LANES*P-1:0]  wm_data,      // as dpr_trt_tile's w_word; kept until the next read
    // sums, one column a cycle
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [ROWS*ACC_W-1:0]    m_sums,       // row r at [r*ACC_W +: ACC_W], signed
    output wire [COL_W-1:0]         m_col,
    output wire                     m_keep,       // the column holds results
    output wire                     m_last,       // last column of a pallet
    // observation
    output wire                     obs_start,    // a step starts in the dispatcher
    output wire [OFF_W:0]           obs_p,        // its precision
    output wire [OFF_W-1:0]         obs_n_l,      // its dynamic trailing position
    output wire                     obs_send,     // the dispatcher sends bits
    output wire                     obs_reduce,   // a chain cycle
    output wire                     stall_drain,  // waiting for the reducer
    output wire                     stall_weights // waiting for weights
);
    // words of a step: ceil(max(1, p_w) / BITS_PER_CYCLE)
    wire [OFF_W:0] bits_w = |s_p_w ? s_p_w : {{OFF_W{1'b0}}, 1'b1};
    wire [OFF_W:0] last_w = bits_w - 1'b1;
    wire [OFF_W:0] loads  = (last_w >> $clog2(BITS_PER_CYCLE)) + 1'b1;

    wire                                 d_fresh, d_valid, d_negate, d_start, d_first, d_eog, d_chain, d_capture, drain_ready;
    wire [BITS_PER_CYCLE*COLS*LANES-1:0] d_bits;
    wire [OFF_W-1:0]                     d_offset, d_again;
    wire                                 d_initial, a_read, a_read_first, b_read;
    wire [ADDR_W-1:0]                    a_addr, b_addr;

    dpr_dispatcher #(
        .P(P), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(ADDR_W)
    ) u_dispatcher (
        .clk          (clk),
        .rst          (rst),
        .cfg_static   (cfg_static),
        .cfg_n_h      (cfg_n_h),
        .cfg_stagger  (1'b0),
        .cfg_chain    (cfg_slices > 5'd1 ? cfg_slices : 5'd0),
        .s_valid      (s_valid),
        .s_ready      (s_ready),
        .s_acts       (s_acts),
        .s_is_signed  (s_is_signed),
        .s_n_l        (s_n_l),
        .s_first      (s_first),
        .s_last       (s_last),
        .s_waddr      (s_waddr),
        .s_loads      (cfg_serial ? loads : {(OFF_W+1){1'b0}}),
        .s_again      ({OFF_W{1'b0}}),
        .drain_ready  (drain_ready),
        .a_read       (a_read),
        .a_read_first (a_read_first),
        .a_addr       (a_addr),
        .b_read       (b_read),
        .b_addr       (b_addr),
        .m_fresh      (d_fresh),
        .m_valid      (d_valid),
        .m_bits       (d_bits),
        .m_offset     (d_offset),
        .m_again      (d_again),
        .m_negate     (d_negate),
        .m_initial    (d_initial),
        .m_start      (d_start),
        .m_first      (d_first),
        .m_eog        (d_eog),
        .m_chain      (d_chain),
        .m_capture    (d_capture),
        .obs_start    (obs_start),
        .obs_p        (obs_p),
        .obs_n_l      (obs_n_l),
        .obs_send     (obs_send),
        .obs_reduce   (obs_reduce),
        .stall_drain  (stall_drain),
        .stall_weights(stall_weights)
    );

    assign wm_en   = cfg_serial ? a_read : b_read;
    assign wm_addr = cfg_serial ? a_addr : b_addr;

    reg shift_q, shift_first_q;
    always @(posedge clk) begin
        shift_q       <= a_read && !rst;
        shift_first_q <= a_read_first;
    end

    wire [COLS-1:0]            t_valid, t_keep;
    wire [COLS*ROWS*ACC_W-1:0] t_sums;

    dpr_trt_tile #(
        .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE)
    ) u_tile (
        .clk          (clk),
        .rst          (rst),
        .cfg_serial   (cfg_serial),
        .cfg_pool     (cfg_pool),
        .cfg_slices   (cfg_slices),
        .w_shift      (shift_q),
        .w_shift_first(shift_first_q),
        .w_word       (wm_data),
        .s_fresh      (d_fresh),
        .s_valid      (d_valid),
        .s_bits       (d_bits),
        .s_offset     (d_offset),
        .s_negate     (d_negate),
        .s_start      (d_start),
        .s_first      (d_first),
        .s_eog        (d_eog),
        .s_chain      (d_chain),
        .s_capture    (d_capture),
        .m_valid      (t_valid),
        .m_sums       (t_sums),
        .m_keep       (t_keep)
    );

    dpr_reducer #(
        .ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W)
    ) u_reducer (
        .clk    (clk),
        .rst    (rst),
        .reserve(d_capture),
        .ready  (drain_ready),
        .s_valid(t_valid),
        .s_sums (t_sums),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_sums (m_sums),
        .m_col  (m_col),
        .m_last (m_last)
    );

    assign m_keep = t_keep[m_col];

    wire unused = &{1'b0, d_initial, d_again};
endmodule

`resetall
