// SPDX-License-Identifier: Apache-2.0
// One of the designs behind one set of ports: steps in, columns of sums out (paper section 5). DESIGN and the shape come from a
// configuration (models/configs.toml); registers and ports that the design does not have are ignored, or constant.
`default_nettype none

module dpr_core #(
    parameter DESIGN         = 1,   // 0 BASE, 1 DStripes (static precision: Stripes), 2 TRT, 3 Loom
    parameter P              = 16,  // maximum precision in bits
    parameter ROWS           = 16,  // filters
    parameter COLS           = 16,  // windows of a pallet; BASE: 1
    parameter LANES          = 16,  // products per unit and cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle: 1, 2, 4; BASE, Loom: 1
    parameter ADDR_W         = 10,  // width of a weight memory address
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter ACC_W          = 2 * P + 16,
    parameter COL_W          = COLS > 1 ? $clog2(COLS) : 1,
    parameter WM_W           = ROWS * LANES * (DESIGN == 3 ? 1 : P)
) (
    input  wire                     clk,
    input  wire                     rst,
    // layer registers: stable while a layer runs
    input  wire                     cfg_static,   // bits n_H..n_L for every step
    input  wire [OFF_W-1:0]         cfg_n_h,
    input  wire                     cfg_serial,   // fully connected layer on TRT or Loom
    input  wire                     cfg_pool,     // max pooling on TRT
    input  wire [4:0]               cfg_slices,   // cascade on TRT, 1: none
    // steps
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [COLS*LANES*P-1:0]  s_acts,       // column c, lane l at [(c*LANES + l)*P +: P]
    input  wire                     s_is_signed,
    input  wire [OFF_W-1:0]         s_n_l,
    input  wire                     s_first,      // first step of a pallet
    input  wire                     s_last,       // last step of a pallet
    input  wire [ADDR_W-1:0]        s_waddr,
    input  wire [OFF_W:0]           s_p_w,        // precision of the step's weights, where they come serially
    // weight memory: data in the next cycle, kept until the next read
    output wire                     wm_en,
    output wire [ADDR_W-1:0]        wm_addr,
    input  wire [WM_W-1:0]          wm_data,
    // sums, one column a cycle
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [ROWS*ACC_W-1:0]    m_sums,       // row r at [r*ACC_W +: ACC_W], signed
    output wire [COL_W-1:0]         m_col,
    output wire                     m_keep,       // the column holds results
    output wire                     m_last,       // last column of a pallet
    // observation
    output wire                     obs_start,    // a step starts
    output wire [OFF_W:0]           obs_p,        // the precision in use
    output wire [OFF_W-1:0]         obs_n_l,      // its dynamic trailing position
    output wire                     obs_send,     // operands, or bits of them, leave for the tile
    output wire                     obs_reduce,   // a cascade adds
    output wire                     stall_drain,  // waiting for the output
    output wire                     stall_weights // waiting for weights
);
    generate
        if (DESIGN == 0) begin : g_base
            if (COLS != 1 || BITS_PER_CYCLE != 1) begin : g_shape
                dpr_error_BASE_needs_COLS_and_BITS_PER_CYCLE_of_1 u_error ();
            end
            dpr_base #(
                .P(P), .ROWS(ROWS), .LANES(LANES), .ADDR_W(ADDR_W)
            ) u_base (
                .clk(clk), .rst(rst),
                .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts[LANES*P-1:0]), .s_is_signed(s_is_signed),
                .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr),
                .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
                .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums),
                .obs_send(obs_send), .stall_drain(stall_drain)
            );
            assign m_col         = {COL_W{1'b0}};
            assign m_keep        = 1'b1;
            assign m_last        = 1'b1;
            assign obs_start     = obs_send;
            assign obs_p         = P[OFF_W:0];
            assign obs_n_l       = {OFF_W{1'b0}};
            assign obs_reduce    = 1'b0;
            assign stall_weights = 1'b0;
            wire unused = &{1'b0, cfg_static, cfg_n_h, cfg_serial, cfg_pool, cfg_slices, s_n_l, s_p_w};
        end else if (DESIGN == 1) begin : g_dstripes
            dpr_dstripes #(
                .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(ADDR_W)
            ) u_dstripes (
                .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h),
                .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed), .s_n_l(s_n_l),
                .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr),
                .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
                .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last),
                .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .stall_drain(stall_drain)
            );
            assign m_keep        = 1'b1;
            assign obs_reduce    = 1'b0;
            assign stall_weights = 1'b0;
            wire unused = &{1'b0, cfg_serial, cfg_pool, cfg_slices, s_p_w};
        end else if (DESIGN == 2) begin : g_trt
            dpr_trt #(
                .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(ADDR_W)
            ) u_trt (
                .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h), .cfg_serial(cfg_serial),
                .cfg_pool(cfg_pool), .cfg_slices(cfg_slices),
                .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed), .s_n_l(s_n_l),
                .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr), .s_p_w(s_p_w),
                .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
                .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_keep(m_keep), .m_last(m_last),
                .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
                .stall_drain(stall_drain), .stall_weights(stall_weights)
            );
        end else if (DESIGN == 3) begin : g_loom
            if (BITS_PER_CYCLE != 1) begin : g_bits
                dpr_error_Loom_needs_BITS_PER_CYCLE_of_1 u_error ();
            end
            dpr_loom #(
                .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .ADDR_W(ADDR_W)
            ) u_loom (
                .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h), .cfg_serial(cfg_serial),
                .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed), .s_n_l(s_n_l),
                .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr), .s_p_w(s_p_w),
                .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
                .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last),
                .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send),
                .stall_drain(stall_drain), .stall_weights(stall_weights)
            );
            assign m_keep     = 1'b1;
            assign obs_reduce = 1'b0;
            wire unused = &{1'b0, cfg_pool, cfg_slices};
        end else begin : g_design
            dpr_error_DESIGN_must_be_0_to_3 u_error ();
        end
    endgenerate
endmodule

`resetall
