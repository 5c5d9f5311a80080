// SPDX-License-Identifier: Apache-2.0
// One layer on one of the designs, off-chip memory to off-chip memory (docs/architecture.md section 1): containers of weights and
// activations are decompressed into WM and AM; the window sequencer feeds the core; outputs are requantised into the output memory
// and leave it compressed. Load, compute and store are separate phases with separate counters.
`default_nettype none

module dpr_layer #(
    parameter DESIGN         = 1,     // of dpr_core: 0 BASE, 1 DStripes and Stripes, 2 TRT
    parameter P              = 16,    // maximum precision in bits
    parameter PREFIX_W       = 4,     // prefix width of a container
    parameter ALIGN          = 64,    // container alignment
    parameter ENGINES        = 16,    // decompression engines
    parameter ROWS           = 16,    // filters; a brick of outputs, so 16
    parameter COLS           = 16,    // windows of a pallet; BASE: 1
    parameter LANES          = 16,    // activations of a brick, so 16
    parameter BITS_PER_CYCLE = 1,     // bits of an activation per cycle; BASE: 1
    parameter AM_BRICKS      = 4096,  // activation memory
    parameter WM_WORDS       = 1024,  // weight memory
    parameter OM_BRICKS      = 4096,  // output memory
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter ACC_W          = 2 * P + 16
) (
    input  wire              clk,
    input  wire              rst,
    // layer registers; address 31: {step, precision[7:0]} of a step's weights
    input  wire              reg_en,
    input  wire [4:0]        reg_addr,
    input  wire [31:0]       reg_data,
    // bias of output `bias_addr` in the order of the output bricks
    input  wire              bias_en,
    input  wire [11:0]       bias_addr,
    input  wire [31:0]       bias_data,
    // off-chip memory in: descriptors {to_weights, n_l, is_signed, count[32]} and containers
    input  wire              s_desc_tvalid,
    output wire              s_desc_tready,
    input  wire [OFF_W+33:0] s_desc_tdata,
    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    input  wire [63:0]       s_axis_tdata,
    input  wire              s_axis_tlast,
    // off-chip memory out: containers
    output wire              m_axis_tvalid,
    input  wire              m_axis_tready,
    output wire [63:0]       m_axis_tdata,
    output wire              m_axis_tlast,
    // control: start only when idle
    input  wire              compute_start,
    output wire              compute_busy,
    input  wire              store_start,
    output wire              store_busy,
    output wire              load_busy,
    output wire [2:0]        load_error,       // codec error code, sticky until reset
    output wire              load_overflow,    // a tensor did not fit its memory, sticky until reset
    // cycles of the last compute phase, by cause
    output wire [31:0]       compute_cycles,   // start to done
    output wire [31:0]       step_cycles,      // operands, or bits of them, were sent
    output wire [31:0]       stall_output_drain,
    output wire [31:0]       stall_weight_fetch,
    output wire [31:0]       stall_activation_fetch,
    output wire [31:0]       reduce_cycles,    // a cascade added
    output wire [31:0]       fill_cycles       // before the first and after the last of these
);
    localparam AM_ADDR_W = AM_BRICKS > 1 ? $clog2(AM_BRICKS) : 1;
    localparam WM_ADDR_W = WM_WORDS > 1 ? $clog2(WM_WORDS) : 1;
    localparam OM_ADDR_W = OM_BRICKS > 1 ? $clog2(OM_BRICKS) : 1;
    localparam ROW_W     = ROWS > 1 ? $clog2(ROWS) : 1;
    localparam COL_W     = COLS > 1 ? $clog2(COLS) : 1;
    localparam COORD_W   = 10;
    localparam BRICK_W   = 16 * P;
    localparam BIAS_W    = 32;

    generate
        if (ROWS != 16 || LANES != 16) begin : g_brick
            dpr_error_a_layer_needs_ROWS_and_LANES_of_16 u_error ();
        end
        if (DESIGN == 3) begin : g_loom
            dpr_error_a_layer_takes_no_Loom_whose_weight_memory_is_another u_error ();
        end
        if (COLS < 1 || COLS > 256) begin : g_cols
            dpr_error_COLS_must_be_1_to_256 u_error ();
        end
        if (AM_BRICKS < 1 || WM_WORDS < 1) begin : g_memories
            dpr_error_AM_BRICKS_and_WM_WORDS_must_be_at_least_1 u_error ();
        end
        if (OM_ADDR_W < 9) begin : g_om
            dpr_error_OM_BRICKS_must_be_over_256 u_error ();
        end
    endgenerate

    // ---- registers
    wire [COORD_W-1:0]   height, width, kernel_w, origin, stride, last_x, wrap_x, wrap_y, pallet_x, pallet_y;
    wire [7:0]           bricks, passes, group_passes;
    wire                 is_signed, relu, is_static, serial, pool;
    wire [OFF_W-1:0]     n_l, n_h, n_l_out;
    wire [3:0]           kernel_h;
    wire [WM_ADDR_W-1:0] steps, row_words;
    wire [15:0]          windows;
    wire [AM_ADDR_W-1:0] origin_base, stride_base, wrap_base, position_skip, row_skip, pallet_base;
    wire [4:0]           slices;
    wire [5:0]           shift;
    wire [OM_ADDR_W:0]   out_bricks;
    wire [OM_ADDR_W-1:0] pass_bricks, window_bricks;

    dpr_layer_registers #(
        .P(P), .ADDR_W(AM_ADDR_W), .WADDR_W(WM_ADDR_W), .OADDR_W(OM_ADDR_W), .COORD_W(COORD_W)
    ) u_registers (
        .clk(clk), .w_en(reg_en), .w_addr(reg_addr), .w_data(reg_data),
        .height(height), .width(width), .bricks(bricks), .is_signed(is_signed), .n_l(n_l),
        .kernel_h(kernel_h), .kernel_w(kernel_w), .steps(steps), .passes(passes), .group_passes(group_passes),
        .row_words(row_words), .windows(windows), .origin(origin), .origin_base(origin_base), .stride(stride),
        .stride_base(stride_base), .last_x(last_x), .wrap_x(wrap_x), .wrap_y(wrap_y), .wrap_base(wrap_base),
        .position_skip(position_skip), .row_skip(row_skip), .pallet_x(pallet_x), .pallet_y(pallet_y), .pallet_base(pallet_base),
        .is_static(is_static), .n_h(n_h), .serial(serial), .pool(pool), .slices(slices),
        .shift(shift), .n_l_out(n_l_out), .relu(relu), .out_bricks(out_bricks), .pass_bricks(pass_bricks),
        .window_bricks(window_bricks)
    );

    // ---- load
    wire                 d_desc_valid, d_desc_ready, g_valid, g_last;
    wire [OFF_W+32:0]    d_desc_data;
    wire [BRICK_W-1:0]   g_data, load_data;
    wire [15:0]          g_keep;
    wire [2:0]           g_error;
    wire                 am_w_en, wm_w_en;
    wire [AM_ADDR_W-1:0] am_w_addr;
    wire [ROW_W-1:0]     wm_w_row;
    wire [WM_ADDR_W-1:0] wm_w_addr;

    dpr_decompressor #(
        .P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)
    ) u_decompressor (
        .clk(clk), .rst(rst),
        .s_desc_tvalid(d_desc_valid), .s_desc_tready(d_desc_ready), .s_desc_tdata(d_desc_data),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata), .s_axis_tlast(s_axis_tlast),
        .m_axis_tvalid(g_valid), .m_axis_tready(1'b1), .m_axis_tdata(g_data), .m_axis_tkeep(g_keep), .m_axis_tlast(g_last),
        .m_axis_tuser(g_error)
    );

    dpr_load_unit #(
        .P(P), .ROWS(ROWS), .BRICKS(AM_BRICKS), .WORDS(WM_WORDS)
    ) u_load (
        .clk(clk), .rst(rst), .row_words(row_words),
        .s_desc_valid(s_desc_tvalid), .s_desc_ready(s_desc_tready), .s_desc_data(s_desc_tdata),
        .m_desc_valid(d_desc_valid), .m_desc_ready(d_desc_ready), .m_desc_data(d_desc_data),
        .s_valid(g_valid), .s_last(g_last), .s_any(g_keep[0]), .s_error(g_error), .s_data(g_data),
        .am_en(am_w_en), .am_addr(am_w_addr), .wm_en(wm_w_en), .wm_row(wm_w_row), .wm_addr(wm_w_addr), .data(load_data),
        .busy(load_busy), .error(load_error), .overflow(load_overflow)
    );

    // ---- compute
    wire                      q_valid, q_ready, q_first, q_last;
    wire [COLS*AM_ADDR_W-1:0] q_addr;
    wire [COLS-1:0]           q_inside;
    wire [WM_ADDR_W-1:0]      q_waddr;

    dpr_window_sequencer #(
        .COLS(COLS), .ADDR_W(AM_ADDR_W), .WADDR_W(WM_ADDR_W), .COORD_W(COORD_W)
    ) u_sequencer (
        .clk(clk), .rst(rst), .start(compute_start),
        .height(height), .width(width), .bricks(bricks), .kernel_h(kernel_h), .kernel_w(kernel_w),
        .steps(steps), .passes(passes), .group_passes(group_passes), .windows(windows), .origin(origin), .origin_base(origin_base),
        .stride(stride), .stride_base(stride_base), .last_x(last_x), .wrap_x(wrap_x), .wrap_y(wrap_y), .wrap_base(wrap_base),
        .position_skip(position_skip), .row_skip(row_skip), .pallet_x(pallet_x), .pallet_y(pallet_y), .pallet_base(pallet_base),
        .m_valid(q_valid), .m_ready(q_ready), .m_addr(q_addr), .m_inside(q_inside),
        .m_first(q_first), .m_last(q_last), .m_waddr(q_waddr)
    );

    // the activation memory's output register is a pipeline stage
    reg                  f_valid_q, f_first_q, f_last_q;
    reg [WM_ADDR_W-1:0]  f_waddr_q;
    wire                 f_ready;
    wire [COLS*BRICK_W-1:0] f_acts;
    wire                 fetch = q_valid && q_ready;

    assign q_ready = !f_valid_q || f_ready;
    always @(posedge clk) begin
        if (rst) f_valid_q <= 1'b0;
        else if (q_ready) f_valid_q <= q_valid;
        if (fetch) begin
            f_first_q <= q_first;
            f_last_q  <= q_last;
            f_waddr_q <= q_waddr;
        end
    end

    dpr_activation_memory #(
        .COLS(COLS), .BRICK_W(BRICK_W), .BRICKS(AM_BRICKS)
    ) u_am (
        .clk(clk), .w_en(am_w_en), .w_addr(am_w_addr), .w_data(load_data),
        .r_en(fetch), .r_addr(q_addr), .r_inside(q_inside), .r_data(f_acts)
    );

    // a serial layer's steps have as many words as their weights have bits
    wire [OFF_W:0]            f_p_w;
    wire [WM_ADDR_W-1:0]      f_waddr;
    generate
        if (DESIGN == 2) begin : g_serial
            wire [OFF_W:0]       p_w;
            wire [WM_ADDR_W-1:0] waddr;
            wire [WM_ADDR_W+31:0] entry = {{WM_ADDR_W{1'b0}}, reg_data};
            dpr_step_precisions #(
                .P(P), .BITS_PER_CYCLE(BITS_PER_CYCLE), .WORDS(WM_WORDS)
            ) u_precisions (
                .clk(clk), .w_en(reg_en && reg_addr == 5'd31), .w_addr(entry[8 +: WM_ADDR_W]), .w_data(entry[OFF_W:0]),
                .r_en(fetch), .r_addr(q_waddr), .start(compute_start), .taken(f_valid_q && f_ready), .p_w(p_w), .waddr(waddr)
            );
            assign f_p_w   = serial ? p_w : {(OFF_W+1){1'b0}};
            assign f_waddr = serial ? waddr : f_waddr_q;
            wire unused_entry = &{1'b0, entry};
        end else begin : g_parallel
            assign f_p_w   = {(OFF_W+1){1'b0}};
            assign f_waddr = f_waddr_q;
        end
    endgenerate

    wire                      wm_r_en;
    wire [WM_ADDR_W-1:0]      wm_r_addr;
    wire [ROWS*BRICK_W-1:0]   wm_r_data;

    dpr_weight_memory #(
        .ROWS(ROWS), .BRICK_W(BRICK_W), .WORDS(WM_WORDS)
    ) u_wm (
        .clk(clk), .w_en(wm_w_en), .w_row(wm_w_row), .w_addr(wm_w_addr), .w_data(load_data),
        .r_en(wm_r_en), .r_addr(wm_r_addr), .r_data(wm_r_data)
    );

    wire                  t_valid, t_keep, t_last, obs_start, obs_send, obs_reduce, drain_stall, weight_stall;
    wire [ROWS*ACC_W-1:0] t_sums;
    wire [COL_W-1:0]      t_col;
    wire [OFF_W:0]        obs_p;
    wire [OFF_W-1:0]      obs_n_l;

    dpr_core #(
        .DESIGN(DESIGN), .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(WM_ADDR_W)
    ) u_core (
        .clk(clk), .rst(rst),
        .cfg_static(is_static), .cfg_n_h(n_h), .cfg_serial(serial), .cfg_pool(pool), .cfg_slices(slices),
        .s_valid(f_valid_q), .s_ready(f_ready), .s_acts(f_acts), .s_is_signed(is_signed), .s_n_l(n_l),
        .s_first(f_first_q), .s_last(f_last_q), .s_waddr(f_waddr), .s_p_w(f_p_w),
        .wm_en(wm_r_en), .wm_addr(wm_r_addr), .wm_data(wm_r_data),
        .m_valid(t_valid), .m_ready(1'b1), .m_sums(t_sums), .m_col(t_col), .m_keep(t_keep), .m_last(t_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(drain_stall), .stall_weights(weight_stall)
    );

    // ---- outputs
    wire                   bias_r_en, om_w_en, out_done;
    wire [7:0]             bias_r_addr;
    wire [ROWS*BIAS_W-1:0] bias_r_data;
    wire [OM_ADDR_W-1:0]   om_w_addr, om_r_addr;
    wire [BRICK_W-1:0]     om_w_data, om_r_data;
    wire                   om_r_en;

    dpr_weight_memory #(
        .ROWS(ROWS), .BRICK_W(BIAS_W), .WORDS(256)
    ) u_biases (
        .clk(clk), .w_en(bias_en), .w_row(bias_addr[ROW_W-1:0]), .w_addr(bias_addr[ROW_W +: 8]), .w_data(bias_data),
        .r_en(bias_r_en), .r_addr(bias_r_addr), .r_data(bias_r_data)
    );

    dpr_output_unit #(
        .P(P), .ROWS(ROWS), .ACC_W(ACC_W), .BIAS_W(BIAS_W), .OADDR_W(OM_ADDR_W)
    ) u_output (
        .clk(clk), .rst(rst), .start(compute_start),
        .windows(windows), .passes(passes), .serial(serial), .pass_bricks(pass_bricks), .window_bricks(window_bricks),
        .shift(shift), .relu(relu), .n_l(n_l_out),
        .s_valid(t_valid), .s_sums(t_sums), .s_keep(t_keep), .s_last(t_last),
        .bias_en(bias_r_en), .bias_addr(bias_r_addr), .bias_data(bias_r_data),
        .m_en(om_w_en), .m_addr(om_w_addr), .m_data(om_w_data), .done(out_done)
    );

    dpr_ram #(
        .WIDTH(BRICK_W), .DEPTH(OM_BRICKS)
    ) u_om (
        .clk(clk), .w_en(om_w_en), .w_addr(om_w_addr), .w_data(om_w_data),
        .r_en(om_r_en), .r_addr(om_r_addr), .r_data(om_r_data)
    );

    // ---- store
    wire               o_valid, o_ready, o_last;
    wire [BRICK_W-1:0] o_data;

    dpr_store_unit #(
        .BRICK_W(BRICK_W), .ADDR_W(OM_ADDR_W)
    ) u_store (
        .clk(clk), .rst(rst), .start(store_start), .count(out_bricks),
        .r_en(om_r_en), .r_addr(om_r_addr), .r_data(om_r_data),
        .m_valid(o_valid), .m_ready(o_ready), .m_data(o_data), .m_last(o_last)
    );

    dpr_compressor #(
        .P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)
    ) u_compressor (
        .clk(clk), .rst(rst),
        .s_axis_tvalid(o_valid), .s_axis_tready(o_ready), .s_axis_tdata(o_data), .s_axis_tkeep(16'hffff),
        .s_axis_tlast(o_last), .s_axis_tuser({n_l_out, !relu}),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tdata(m_axis_tdata), .m_axis_tlast(m_axis_tlast)
    );

    dpr_layer_counters u_counters (
        .clk(clk), .rst(rst),
        .compute_start(compute_start), .compute_done(out_done), .compute_busy(compute_busy),
        .store_start(store_start), .store_done(m_axis_tvalid && m_axis_tready && m_axis_tlast), .store_busy(store_busy),
        .sent(obs_send), .drain_stall(drain_stall), .weight_stall(weight_stall), .reduce(obs_reduce),
        .compute_cycles(compute_cycles), .step_cycles(step_cycles), .stall_output_drain(stall_output_drain),
        .stall_weight_fetch(stall_weight_fetch), .stall_activation_fetch(stall_activation_fetch),
        .reduce_cycles(reduce_cycles), .fill_cycles(fill_cycles)
    );

    wire unused = &{1'b0, t_col, obs_start, obs_p, obs_n_l, g_keep[15:1]};
endmodule

`resetall
