// SPDX-License-Identifier: Apache-2.0
// The blocks of rtl/dstripes side by side, so that one build serves the tests of all of them. NAME_port is port `port` of
// block NAME. sip4 and sip16 are serial inner-product units of 4 and 16 lanes.
`default_nettype none

module tile_pieces #(
    parameter P      = 16,
    parameter ROWS   = 4,
    parameter COLS   = 4,
    parameter LANES  = 4,
    parameter ADDR_W = 8,
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16,
    parameter N      = COLS * LANES,
    parameter COL_W  = COLS > 1 ? $clog2(COLS) : 1
) (
    input  wire                       clk,
    input  wire                       rst,
    // serial inner-product units
    input  wire                       sip4_s1_valid, sip4_s2_valid, sip4_s2_clear, sip4_s2_negate,
    input  wire [3:0]                 sip4_s1_bits,
    input  wire [4*P-1:0]             sip4_s1_weights,
    input  wire [OFF_W-1:0]           sip4_s2_offset,
    output wire [ACC_W-1:0]           sip4_acc,
    input  wire                       sip16_s1_valid, sip16_s2_valid, sip16_s2_clear, sip16_s2_negate,
    input  wire [15:0]                sip16_s1_bits,
    input  wire [16*P-1:0]            sip16_s1_weights,
    input  wire [OFF_W-1:0]           sip16_s2_offset,
    output wire [ACC_W-1:0]           sip16_acc,
    // dispatcher
    input  wire                       dispatcher_s_valid, dispatcher_s_is_signed, dispatcher_s_first, dispatcher_s_last,
    output wire                       dispatcher_s_ready,
    input  wire [N*P-1:0]             dispatcher_s_acts,
    input  wire [OFF_W-1:0]           dispatcher_s_n_l,
    input  wire [ADDR_W-1:0]          dispatcher_s_waddr,
    input  wire                       dispatcher_drain_ready,
    output wire                       dispatcher_wm_en,
    output wire [ADDR_W-1:0]          dispatcher_wm_addr,
    output wire                       dispatcher_m_valid, dispatcher_m_eog, dispatcher_m_negate, dispatcher_m_clear,
    output wire                       dispatcher_m_last,
    output wire [N-1:0]               dispatcher_m_bits,
    output wire [OFF_W-1:0]           dispatcher_m_offset,
    output wire                       dispatcher_obs_start, dispatcher_obs_send, dispatcher_stall_drain,
    output wire [OFF_W:0]             dispatcher_obs_p,
    output wire [OFF_W-1:0]           dispatcher_obs_n_l,
    // transposer
    input  wire [N*P-1:0]             transposer_values,
    output wire [P*N-1:0]             transposer_planes,
    // tile
    input  wire                       tile_s_valid, tile_s_negate, tile_s_clear, tile_s_eog, tile_s_last,
    input  wire [N-1:0]               tile_s_bits,
    input  wire [OFF_W-1:0]           tile_s_offset,
    input  wire [ROWS*LANES*P-1:0]    tile_s_weights,
    output wire                       tile_m_valid,
    output wire [COLS*ROWS*ACC_W-1:0] tile_m_sums,
    // reducer
    input  wire                       reducer_s_valid, reducer_m_ready,
    input  wire [COLS*ROWS*ACC_W-1:0] reducer_s_sums,
    output wire                       reducer_m_valid, reducer_m_last,
    output wire [ROWS*ACC_W-1:0]      reducer_m_sums,
    output wire [COL_W-1:0]           reducer_m_col
);
    dpr_sip #(.P(P), .LANES(4)) u_sip4 (
        .clk(clk), .s1_valid(sip4_s1_valid), .s1_bits(sip4_s1_bits), .s1_weights(sip4_s1_weights), .s2_valid(sip4_s2_valid),
        .s2_clear(sip4_s2_clear), .s2_negate(sip4_s2_negate), .s2_offset(sip4_s2_offset), .acc(sip4_acc)
    );

    dpr_sip #(.P(P), .LANES(16)) u_sip16 (
        .clk(clk), .s1_valid(sip16_s1_valid), .s1_bits(sip16_s1_bits), .s1_weights(sip16_s1_weights), .s2_valid(sip16_s2_valid),
        .s2_clear(sip16_s2_clear), .s2_negate(sip16_s2_negate), .s2_offset(sip16_s2_offset), .acc(sip16_acc)
    );

    dpr_dispatcher #(.P(P), .COLS(COLS), .LANES(LANES), .ADDR_W(ADDR_W)) u_dispatcher (
        .clk(clk), .rst(rst),
        .s_valid(dispatcher_s_valid), .s_ready(dispatcher_s_ready), .s_acts(dispatcher_s_acts),
        .s_is_signed(dispatcher_s_is_signed), .s_n_l(dispatcher_s_n_l), .s_first(dispatcher_s_first),
        .s_last(dispatcher_s_last), .s_waddr(dispatcher_s_waddr), .drain_ready(dispatcher_drain_ready),
        .wm_en(dispatcher_wm_en), .wm_addr(dispatcher_wm_addr), .m_valid(dispatcher_m_valid), .m_bits(dispatcher_m_bits),
        .m_offset(dispatcher_m_offset), .m_eog(dispatcher_m_eog), .m_negate(dispatcher_m_negate),
        .m_clear(dispatcher_m_clear), .m_last(dispatcher_m_last), .obs_start(dispatcher_obs_start),
        .obs_p(dispatcher_obs_p), .obs_n_l(dispatcher_obs_n_l), .obs_send(dispatcher_obs_send),
        .stall_drain(dispatcher_stall_drain)
    );

    dpr_transposer #(.P(P), .N(N)) u_transposer (.values(transposer_values), .planes(transposer_planes));

    dpr_tile #(.P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES)) u_tile (
        .clk(clk), .rst(rst), .s_valid(tile_s_valid), .s_bits(tile_s_bits), .s_offset(tile_s_offset), .s_negate(tile_s_negate),
        .s_clear(tile_s_clear), .s_eog(tile_s_eog), .s_last(tile_s_last), .s_weights(tile_s_weights), .m_valid(tile_m_valid),
        .m_sums(tile_m_sums)
    );

    dpr_reducer #(.ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W)) u_reducer (
        .clk(clk), .rst(rst), .s_valid(reducer_s_valid), .s_sums(reducer_s_sums), .m_valid(reducer_m_valid),
        .m_ready(reducer_m_ready), .m_sums(reducer_m_sums), .m_col(reducer_m_col), .m_last(reducer_m_last)
    );
endmodule

`resetall
