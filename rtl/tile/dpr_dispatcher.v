// SPDX-License-Identifier: Apache-2.0
// Detects the precision of every pallet step and broadcasts it bit-serially, most significant bits first, with a 4-bit offset
// (paper section 5.2, Fig. 3d); with static precision, the bits n_H..n_L of the layer's profile (Stripes). A step takes
// ceil(max(1, p) / BITS_PER_CYCLE) cycles a repetition, without a bubble between steps. Stage A holds the next step while its
// precision is detected and, where weights come serially (TRT), while they are loaded; stage B holds the bits being sent.
`default_nettype none

module dpr_dispatcher #(
    parameter P              = 16,  // maximum precision in bits
    parameter COLS           = 16,  // windows of a pallet
    parameter LANES          = 16,  // activations per window and step
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle
    parameter ADDR_W         = 10,  // width of a weight memory address
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter N              = COLS * LANES
) (
    input  wire                        clk,
    input  wire                        rst,
    // layer registers: stable while a layer runs
    input  wire                        cfg_static,   // bits n_H..n_L for every step, values must fit
    input  wire [OFF_W-1:0]            cfg_n_h,
    input  wire                        cfg_stagger,  // feed one column's weights a cycle
    input  wire [4:0]                  cfg_chain,    // chain cycles after a pallet
    // pallet steps
    input  wire                        s_valid,
    output wire                        s_ready,
    input  wire [N*P-1:0]              s_acts,       // column c, lane l at [(c*LANES + l)*P +: P]
    input  wire                        s_is_signed,
    input  wire [OFF_W-1:0]            s_n_l,        // bits below are dropped towards zero
    input  wire                        s_first,      // first step of a pallet
    input  wire                        s_last,       // last step of a pallet
    input  wire [ADDR_W-1:0]           s_waddr,      // the step's first word in the weight memory
    input  wire [OFF_W:0]              s_loads,      // words to read before the step may start, 0: none
    input  wire [OFF_W-1:0]            s_again,      // repetitions after the first
    // the reducer can take another pallet
    input  wire                        drain_ready,
    // reads of the weight memory; data in the next cycle, kept until the next read
    output wire                        a_read,       // for the step in stage A
    output wire                        a_read_first, // the first one of the step
    output wire [ADDR_W-1:0]           a_addr,
    output wire                        b_read,       // for the step in stage B
    output wire [ADDR_W-1:0]           b_addr,
    // one cycle's bits to the tiles
    output wire                        m_fresh,      // a repetition starts: its weights have been read
    output wire                        m_valid,
    output wire [BITS_PER_CYCLE*N-1:0] m_bits,       // bit j of value i at [j*N + i]
    output wire [OFF_W-1:0]            m_offset,     // position of the lowest bits
    output wire [OFF_W-1:0]            m_again,      // repetitions still to come
    output wire                        m_negate,     // the top bits are the sign bits
    output wire                        m_initial,    // first repetition of the step
    output wire                        m_start,      // first bits of the step
    output wire                        m_first,      // the step is the first of its pallet
    output wire                        m_eog,        // last bits of a repetition
    output wire                        m_chain,      // no bits: a chain cycle
    output wire                        m_capture,    // the pallet is complete
    // observation
    output wire                        obs_start,    // a step enters stage B
    output wire [OFF_W:0]              obs_p,        // its precision
    output wire [OFF_W-1:0]            obs_n_l,      // its dynamic trailing position (not used by the hardware)
    output wire                        obs_send,     // bits leave stage B
    output wire                        obs_reduce,   // a chain cycle leaves stage B
    output wire                        stall_drain,  // stage B waits for the reducer
    output wire                        stall_weights // stage B is empty or waits, because weights are on their way
);
    generate
        if (COLS < 1 || LANES < 1 || ADDR_W < 1) begin : g_shape
            dpr_error_COLS_LANES_ADDR_W_must_be_at_least_1 u_error ();
        end
        if (BITS_PER_CYCLE != 1 && BITS_PER_CYCLE != 2 && BITS_PER_CYCLE != 4) begin : g_bits
            dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4 u_error ();
        end
    endgenerate

    localparam [31:0] CHUNK = ~(BITS_PER_CYCLE - 1);       // keeps a multiple of BITS_PER_CYCLE
    localparam PLANES = P + BITS_PER_CYCLE - 1;            // the top bits may reach past the value

    // ---- stage A: hold, detect, wait for weights
    reg              a_valid_q, a_signed_q, a_first_q, a_last_q, a_new_q;
    reg [OFF_W-1:0]  a_n_l_q, a_again_q;
    reg [OFF_W:0]    a_loads_q;
    reg [ADDR_W-1:0] a_waddr_q;
    reg [N*P-1:0]    a_acts_q;

    wire [OFF_W:0]   a_p;
    wire [OFF_W-1:0] a_n_h, a_n_l_dynamic;
    wire             a_all_zero;  // n_H equals n_L then, nothing else to do
    wire [N*P-1:0]   a_magnitudes, a_trimmed;
    wire [N-1:0]     a_signs;
    wire [P*N-1:0]   a_planes;

    wire b_load, b_valid, b_done;
    wire a_loading = |a_loads_q;
    wire a_ready   = !(|a_loads_q[OFF_W:1]);  // the last word is read in this cycle, in time for the first bits
    assign b_load  = a_valid_q && a_ready && (!b_valid || b_done);
    assign s_ready = !a_valid_q || b_load;
    wire take      = s_valid && s_ready;

    always @(posedge clk) begin
        if (rst) a_valid_q <= 1'b0;
        else if (s_ready) a_valid_q <= s_valid;
        a_new_q <= take;
        if (take) begin
            a_acts_q   <= s_acts;
            a_signed_q <= s_is_signed;
            a_n_l_q    <= s_n_l;
            a_first_q  <= s_first;
            a_last_q   <= s_last;
            a_again_q  <= s_again;
        end
        if (take) begin
            a_waddr_q <= s_waddr;
            a_loads_q <= s_loads;
        end else if (a_loading) begin
            a_waddr_q <= a_waddr_q + 1'b1;
            a_loads_q <= a_loads_q - 1'b1;
        end
    end

    assign a_read       = a_valid_q && a_loading;
    assign a_read_first = a_new_q;
    assign a_addr       = a_waddr_q;

    dpr_precision_detector #(
        .P(P), .N(N)
    ) u_detector (
        .values     (a_acts_q),
        .is_signed  (a_signed_q),
        .n_l        (a_n_l_q),
        .p          (a_p),
        .n_h        (a_n_h),
        .all_zero   (a_all_zero),
        .n_l_dynamic(a_n_l_dynamic),
        .magnitudes (a_magnitudes),
        .signs      (a_signs)
    );

    wire [OFF_W-1:0] a_high = cfg_static ? cfg_n_h : a_n_h;
    wire [OFF_W-1:0] a_span = a_high - a_n_l_q;

    // trim the magnitudes, then back to two's complement
    wire [P-1:0] a_keep = {P{1'b1}} << a_n_l_q;
    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : g_trim
            wire [P-1:0] kept = a_magnitudes[i*P +: P] & a_keep;
            assign a_trimmed[i*P +: P] = a_signs[i] ? -kept : kept;
        end
    endgenerate

    dpr_transposer #(
        .P(P), .N(N)
    ) u_transposer (
        .values(a_trimmed),
        .planes(a_planes)
    );

    // ---- stage B: send
    reg                b_signed_q, b_first_q;
    reg [ADDR_W-1:0]   b_waddr_q;
    reg [PLANES*N-1:0] b_planes_q;

    wire             b_send, b_start, b_initial, b_eog, b_chain, b_capture, b_fresh, bus_stall;
    wire [OFF_W-1:0] b_offset, b_again;

    dpr_step_sequencer #(
        .P(P), .COLS(COLS), .BITS_PER_CYCLE(BITS_PER_CYCLE)
    ) u_sequencer (
        .clk         (clk),
        .rst         (rst),
        .cfg_stagger (cfg_stagger),
        .cfg_chain   (cfg_chain),
        .load        (b_load),
        .load_top    (a_n_l_q + (a_span & CHUNK[OFF_W-1:0])),
        .load_n_l    (a_n_l_q),
        .load_again  (a_again_q),
        .load_last   (a_last_q),
        .drain_ready (drain_ready),
        .valid       (b_valid),
        .done        (b_done),
        .send        (b_send),
        .offset      (b_offset),
        .first       (b_start),
        .again       (b_again),
        .initial_pass(b_initial),
        .eog         (b_eog),
        .chain       (b_chain),
        .capture     (b_capture),
        .fresh       (b_fresh),
        .read        (b_read),
        .stall_drain (stall_drain),
        .stall_bus   (bus_stall)
    );

    wire [PLANES*N-1:0] a_extended;
    assign a_extended[P*N-1:0] = a_planes;
    generate
        if (PLANES > P) begin : g_extension
            wire [N-1:0] sign_plane = a_planes[(P-1)*N +: N];
            assign a_extended[PLANES*N-1:P*N] = a_signed_q ? {(PLANES-P){sign_plane}} : {((PLANES-P)*N){1'b0}};
        end
    endgenerate

    always @(posedge clk) begin
        if (b_load) begin
            b_planes_q <= a_extended;
            b_signed_q <= a_signed_q;
            b_first_q  <= a_first_q;
            b_waddr_q  <= a_waddr_q;
        end else if (b_read) begin
            b_waddr_q <= b_waddr_q + 1'b1;
        end
    end

    assign b_addr = b_waddr_q;

    // ---- output register: the broadcast wires are long
    reg                        m_fresh_q, m_valid_q, m_eog_q, m_negate_q, m_initial_q, m_start_q, m_first_q;
    reg                        m_chain_q, m_capture_q;
    reg [OFF_W-1:0]            m_offset_q, m_again_q;
    reg [BITS_PER_CYCLE*N-1:0] m_bits_q;

    always @(posedge clk) begin
        m_fresh_q   <= b_fresh && !rst;
        m_valid_q   <= (b_send || b_chain) && !rst;
        m_chain_q   <= b_chain;
        m_capture_q <= b_capture;
        m_eog_q     <= b_eog;
        m_negate_q  <= b_signed_q && b_start;
        m_initial_q <= b_initial;
        m_start_q   <= b_initial && b_start && b_send;
        m_first_q   <= b_first_q;
        m_offset_q  <= b_offset;
        m_again_q   <= b_again;
        if (b_send) m_bits_q <= b_planes_q[b_offset*N +: BITS_PER_CYCLE*N];
    end

    assign m_fresh       = m_fresh_q;
    assign m_valid       = m_valid_q;
    assign m_bits        = m_bits_q;
    assign m_offset      = m_offset_q;
    assign m_again       = m_again_q;
    assign m_negate      = m_negate_q;
    assign m_initial     = m_initial_q;
    assign m_start       = m_start_q;
    assign m_first       = m_first_q;
    assign m_eog         = m_eog_q;
    assign m_chain       = m_chain_q;
    assign m_capture     = m_capture_q && m_valid_q;
    assign obs_start     = b_load && !rst;
    assign obs_p         = cfg_static ? {1'b0, a_span} + 1'b1 : a_p;
    assign obs_n_l       = a_n_l_dynamic;
    assign obs_send      = b_send;
    assign obs_reduce    = b_chain;
    assign stall_weights = bus_stall || (a_read && !b_valid);

    wire unused = &{1'b0, a_all_zero};
endmodule

`resetall
