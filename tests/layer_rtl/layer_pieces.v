// SPDX-License-Identifier: Apache-2.0
// Blocks of rtl/layer side by side, so that one build serves the tests of all of them. NAME_port is port `port` of block NAME.
// The window sequencer gets its registers from dpr_layer_registers, the store unit reads a dpr_ram.
`default_nettype none

module layer_pieces #(
    parameter P       = 16,
    parameter ROWS    = 4,
    parameter COLS    = 4,
    parameter ADDR_W  = 12,  // activation memory of the sequencer
    parameter WADDR_W = 6,   // weight memory of the sequencer
    parameter BRICKS  = 20,  // activation memory of the load unit, no power of two
    parameter WORDS   = 16,  // weight memory of the load unit
    parameter OADDR_W = 11,  // output memory
    parameter BITS    = 1,   // bits of a weight in a word of a serial layer
    // derived: do not override
    parameter OFF_W   = $clog2(P),
    parameter ACC_W   = 2 * P + 16,
    parameter DATA_W  = 16 * P
) (
    input  wire                   clk,
    input  wire                   rst,
    // requantizer
    input  wire [ACC_W-1:0]       requantizer_acc,
    input  wire [31:0]            requantizer_bias,
    input  wire [5:0]             requantizer_shift,
    input  wire                   requantizer_relu,
    input  wire [OFF_W-1:0]       requantizer_n_l,
    output wire [P-1:0]           requantizer_value,
    // registers and window sequencer
    input  wire                   sequencer_w_en,
    input  wire [4:0]             sequencer_w_addr,
    input  wire [31:0]            sequencer_w_data,
    input  wire                   sequencer_start, sequencer_m_ready,
    output wire                   sequencer_m_valid, sequencer_m_first, sequencer_m_last,
    output wire [COLS*ADDR_W-1:0] sequencer_m_addr,
    output wire [COLS-1:0]        sequencer_m_inside,
    output wire [WADDR_W-1:0]     sequencer_m_waddr,
    output wire                   sequencer_is_signed, sequencer_relu,
    output wire [OFF_W-1:0]       sequencer_n_l, sequencer_n_l_out,
    output wire [5:0]             sequencer_shift,
    output wire [OADDR_W:0]       sequencer_out_bricks,
    output wire                   sequencer_is_static, sequencer_serial, sequencer_pool,
    output wire [OFF_W-1:0]       sequencer_n_h,
    output wire [4:0]             sequencer_slices,
    output wire [WADDR_W-1:0]     sequencer_row_words,
    output wire [OADDR_W-1:0]     sequencer_pass_bricks, sequencer_window_bricks,
    // precisions of serial weights
    input  wire                   precisions_w_en, precisions_r_en, precisions_start, precisions_taken,
    input  wire [WADDR_W-1:0]     precisions_w_addr, precisions_r_addr,
    input  wire [OFF_W:0]         precisions_w_data,
    output wire [OFF_W:0]         precisions_p_w,
    output wire [WADDR_W-1:0]     precisions_waddr,
    // load unit
    input  wire [3:0]             load_row_words,
    input  wire                   load_s_desc_valid, load_m_desc_ready,
    output wire                   load_s_desc_ready, load_m_desc_valid,
    input  wire [OFF_W+33:0]      load_s_desc_data,
    output wire [OFF_W+32:0]      load_m_desc_data,
    input  wire                   load_s_valid, load_s_last, load_s_any,
    input  wire [2:0]             load_s_error,
    input  wire [DATA_W-1:0]      load_s_data,
    output wire                   load_am_en, load_wm_en, load_busy, load_overflow,
    output wire [4:0]             load_am_addr,
    output wire [1:0]             load_wm_row,
    output wire [3:0]             load_wm_addr,
    output wire [DATA_W-1:0]      load_data,
    output wire [2:0]             load_error,
    // output unit
    input  wire                   output_start, output_relu, output_serial, output_s_valid, output_s_keep, output_s_last,
    input  wire [OADDR_W-1:0]     output_pass_bricks, output_window_bricks,
    input  wire [15:0]            output_windows,
    input  wire [7:0]             output_passes,
    input  wire [5:0]             output_shift,
    input  wire [OFF_W-1:0]       output_n_l,
    input  wire [ROWS*ACC_W-1:0]  output_s_sums,
    output wire                   output_bias_en, output_m_en, output_done,
    output wire [7:0]             output_bias_addr,
    input  wire [ROWS*32-1:0]     output_bias_data,
    output wire [OADDR_W-1:0]     output_m_addr,
    output wire [ROWS*P-1:0]      output_m_data,
    // store unit and its memory
    input  wire                   store_w_en, store_start, store_m_ready,
    input  wire [OADDR_W-1:0]     store_w_addr,
    input  wire [DATA_W-1:0]      store_w_data,
    input  wire [OADDR_W:0]       store_count,
    output wire                   store_m_valid, store_m_last,
    output wire [DATA_W-1:0]      store_m_data,
    // counters
    input  wire                   counters_compute_start, counters_compute_done, counters_store_start, counters_store_done,
    input  wire                   counters_sent, counters_drain_stall, counters_weight_stall, counters_reduce,
    output wire                   counters_compute_busy, counters_store_busy,
    output wire [31:0]            counters_compute_cycles, counters_step_cycles, counters_stall_output_drain,
    output wire [31:0]            counters_stall_weight_fetch, counters_stall_activation_fetch, counters_reduce_cycles,
    output wire [31:0]            counters_fill_cycles
);
    localparam COORD_W = 10;

    dpr_requantizer #(.P(P), .ACC_W(ACC_W), .BIAS_W(32)) u_requantizer (
        .clk(clk), .acc(requantizer_acc), .bias(requantizer_bias), .shift(requantizer_shift), .relu(requantizer_relu),
        .n_l(requantizer_n_l), .value(requantizer_value)
    );

    wire [COORD_W-1:0] height, width, kernel_w, origin, stride, last_x, wrap_x, wrap_y, pallet_x, pallet_y;
    wire [7:0]         bricks, passes, group_passes;
    wire [3:0]         kernel_h;
    wire [WADDR_W-1:0] steps;
    wire [15:0]        windows;
    wire [ADDR_W-1:0]  origin_base, stride_base, wrap_base, position_skip, row_skip, pallet_base;

    dpr_layer_registers #(.P(P), .ADDR_W(ADDR_W), .WADDR_W(WADDR_W), .OADDR_W(OADDR_W), .COORD_W(COORD_W)) u_registers (
        .clk(clk), .w_en(sequencer_w_en), .w_addr(sequencer_w_addr), .w_data(sequencer_w_data),
        .height(height), .width(width), .bricks(bricks), .is_signed(sequencer_is_signed), .n_l(sequencer_n_l),
        .kernel_h(kernel_h), .kernel_w(kernel_w), .steps(steps), .passes(passes), .group_passes(group_passes),
        .row_words(sequencer_row_words), .windows(windows), .origin(origin), .origin_base(origin_base), .stride(stride),
        .stride_base(stride_base), .last_x(last_x), .wrap_x(wrap_x), .wrap_y(wrap_y), .wrap_base(wrap_base),
        .position_skip(position_skip), .row_skip(row_skip), .pallet_x(pallet_x), .pallet_y(pallet_y), .pallet_base(pallet_base),
        .is_static(sequencer_is_static), .n_h(sequencer_n_h), .serial(sequencer_serial), .pool(sequencer_pool),
        .slices(sequencer_slices), .shift(sequencer_shift), .n_l_out(sequencer_n_l_out), .relu(sequencer_relu),
        .out_bricks(sequencer_out_bricks), .pass_bricks(sequencer_pass_bricks), .window_bricks(sequencer_window_bricks)
    );

    dpr_window_sequencer #(.COLS(COLS), .ADDR_W(ADDR_W), .WADDR_W(WADDR_W), .COORD_W(COORD_W)) u_sequencer (
        .clk(clk), .rst(rst), .start(sequencer_start), .height(height), .width(width), .bricks(bricks), .kernel_h(kernel_h),
        .kernel_w(kernel_w), .steps(steps), .passes(passes), .group_passes(group_passes), .windows(windows), .origin(origin),
        .origin_base(origin_base), .stride(stride), .stride_base(stride_base), .last_x(last_x), .wrap_x(wrap_x), .wrap_y(wrap_y),
        .wrap_base(wrap_base), .position_skip(position_skip), .row_skip(row_skip), .pallet_x(pallet_x), .pallet_y(pallet_y), .pallet_base(pallet_base),
        .m_valid(sequencer_m_valid), .m_ready(sequencer_m_ready), .m_addr(sequencer_m_addr), .m_inside(sequencer_m_inside),
        .m_first(sequencer_m_first), .m_last(sequencer_m_last), .m_waddr(sequencer_m_waddr)
    );

    dpr_step_precisions #(.P(P), .BITS_PER_CYCLE(BITS), .WORDS(1 << WADDR_W)) u_precisions (
        .clk(clk), .w_en(precisions_w_en), .w_addr(precisions_w_addr), .w_data(precisions_w_data), .r_en(precisions_r_en),
        .r_addr(precisions_r_addr), .start(precisions_start), .taken(precisions_taken), .p_w(precisions_p_w),
        .waddr(precisions_waddr)
    );

    dpr_load_unit #(.P(P), .ROWS(ROWS), .BRICKS(BRICKS), .WORDS(WORDS)) u_load (
        .clk(clk), .rst(rst), .row_words(load_row_words), .s_desc_valid(load_s_desc_valid), .s_desc_ready(load_s_desc_ready),
        .s_desc_data(load_s_desc_data), .m_desc_valid(load_m_desc_valid), .m_desc_ready(load_m_desc_ready),
        .m_desc_data(load_m_desc_data), .s_valid(load_s_valid), .s_last(load_s_last), .s_any(load_s_any),
        .s_error(load_s_error), .s_data(load_s_data), .am_en(load_am_en), .am_addr(load_am_addr), .wm_en(load_wm_en),
        .wm_row(load_wm_row), .wm_addr(load_wm_addr), .data(load_data), .busy(load_busy), .error(load_error),
        .overflow(load_overflow)
    );

    dpr_output_unit #(.P(P), .ROWS(ROWS), .ACC_W(ACC_W), .BIAS_W(32), .OADDR_W(OADDR_W)) u_output (
        .clk(clk), .rst(rst), .start(output_start), .windows(output_windows), .passes(output_passes), .serial(output_serial),
        .pass_bricks(output_pass_bricks), .window_bricks(output_window_bricks), .shift(output_shift), .relu(output_relu),
        .n_l(output_n_l), .s_valid(output_s_valid), .s_sums(output_s_sums), .s_keep(output_s_keep), .s_last(output_s_last),
        .bias_en(output_bias_en), .bias_addr(output_bias_addr), .bias_data(output_bias_data), .m_en(output_m_en),
        .m_addr(output_m_addr), .m_data(output_m_data), .done(output_done)
    );

    wire               r_en;
    wire [OADDR_W-1:0] r_addr;
    wire [DATA_W-1:0]  r_data;

    dpr_ram #(.WIDTH(DATA_W), .DEPTH(1 << OADDR_W)) u_ram (
        .clk(clk), .w_en(store_w_en), .w_addr(store_w_addr), .w_data(store_w_data), .r_en(r_en), .r_addr(r_addr),
        .r_data(r_data)
    );

    dpr_store_unit #(.BRICK_W(DATA_W), .ADDR_W(OADDR_W)) u_store (
        .clk(clk), .rst(rst), .start(store_start), .count(store_count), .r_en(r_en), .r_addr(r_addr), .r_data(r_data),
        .m_valid(store_m_valid), .m_ready(store_m_ready), .m_data(store_m_data), .m_last(store_m_last)
    );

    dpr_layer_counters u_counters (
        .clk(clk), .rst(rst), .compute_start(counters_compute_start), .compute_done(counters_compute_done),
        .compute_busy(counters_compute_busy), .store_start(counters_store_start), .store_done(counters_store_done),
        .store_busy(counters_store_busy), .sent(counters_sent), .drain_stall(counters_drain_stall),
        .weight_stall(counters_weight_stall), .reduce(counters_reduce),
        .compute_cycles(counters_compute_cycles), .step_cycles(counters_step_cycles),
        .stall_output_drain(counters_stall_output_drain), .stall_weight_fetch(counters_stall_weight_fetch),
        .stall_activation_fetch(counters_stall_activation_fetch), .reduce_cycles(counters_reduce_cycles),
        .fill_cycles(counters_fill_cycles)
    );
endmodule

`resetall
