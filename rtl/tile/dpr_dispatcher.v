// SPDX-License-Identifier: Apache-2.0
// Detects the precision of every pallet step and broadcasts it bit-serially, most significant bit first, with a 4-bit offset
// and an end-of-group signal (paper section 5.2, Fig. 3d). A step of precision p takes max(1, p) cycles, without a bubble
// between steps. Stage A holds the next step while its precision is detected; stage B holds the bit planes being sent.
`default_nettype none

module dpr_dispatcher #(
    parameter P      = 16,  // maximum precision in bits
    parameter COLS   = 16,  // windows of a pallet
    parameter LANES  = 16,  // activations per window and step
    parameter ADDR_W = 10,  // width of a weight memory address
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter N      = COLS * LANES
) (
    input  wire              clk,
    input  wire              rst,
    // pallet steps
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [N*P-1:0]    s_acts,       // column c, lane l at [(c*LANES + l)*P +: P]
    input  wire              s_is_signed,
    input  wire [OFF_W-1:0]  s_n_l,        // bits below are dropped towards zero
    input  wire              s_first,      // first step of a pallet
    input  wire              s_last,       // last step of a pallet
    input  wire [ADDR_W-1:0] s_waddr,      // the step's word in the weight memory
    // the reducer can take another pallet
    input  wire              drain_ready,
    // weight memory: read when a step starts, data in the next cycle, kept until the next read
    output wire              wm_en,
    output wire [ADDR_W-1:0] wm_addr,
    // one bit plane a cycle to the tiles
    output wire              m_valid,
    output wire [N-1:0]      m_bits,
    output wire [OFF_W-1:0]  m_offset,     // n_H down to n_L
    output wire              m_eog,        // end of group: the last plane of a step
    output wire              m_negate,     // the plane of the sign bits
    output wire              m_clear,      // first plane of a pallet
    output wire              m_last,       // the step is the last of its pallet
    // observation
    output wire              obs_start,    // a step enters stage B
    output wire [OFF_W:0]    obs_p,        // its precision
    output wire [OFF_W-1:0]  obs_n_l,      // its dynamic trailing position (not used by the hardware)
    output wire              obs_send,     // a plane leaves stage B
    output wire              stall_drain   // stage B waits for the reducer
);
    generate
        if (COLS < 1 || LANES < 1 || ADDR_W < 1) begin : g_shape
            dpr_error_COLS_LANES_ADDR_W_must_be_at_least_1 u_error ();
        end
    endgenerate

    // ---- stage A: hold and detect
    reg              a_valid_q, a_signed_q, a_first_q, a_last_q;
    reg [OFF_W-1:0]  a_n_l_q;
    reg [ADDR_W-1:0] a_waddr_q;
    reg [N*P-1:0]    a_acts_q;

    wire [OFF_W:0]   a_p;
    wire [OFF_W-1:0] a_n_h, a_n_l_dynamic;
    wire             a_all_zero;  // n_H equals n_L then, nothing else to do
    wire [N*P-1:0]   a_magnitudes, a_trimmed;
    wire [N-1:0]     a_signs;
    wire [P*N-1:0]   a_planes;

    wire b_load;
    assign s_ready = !a_valid_q || b_load;

    always @(posedge clk) begin
        if (rst) a_valid_q <= 1'b0;
        else if (s_ready) a_valid_q <= s_valid;
        if (s_valid && s_ready) begin
            a_acts_q   <= s_acts;
            a_signed_q <= s_is_signed;
            a_n_l_q    <= s_n_l;
            a_first_q  <= s_first;
            a_last_q   <= s_last;
            a_waddr_q  <= s_waddr;
        end
    end

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

    // ---- stage B: send one plane a cycle
    reg              b_valid_q, b_signed_q, b_first_q, b_last_q, b_start_q;
    reg [OFF_W-1:0]  b_offset_q, b_n_l_q;
    reg [ADDR_W-1:0] b_waddr_q;
    reg [P*N-1:0]    b_planes_q;

    wire b_eog     = b_offset_q == b_n_l_q;
    wire b_capture = b_eog && b_last_q;
    wire b_send    = b_valid_q && (!b_capture || drain_ready);
    assign b_load  = a_valid_q && (!b_valid_q || (b_eog && b_send));

    always @(posedge clk) begin
        if (rst) b_valid_q <= 1'b0;
        else if (b_load) b_valid_q <= 1'b1;
        else if (b_eog && b_send) b_valid_q <= 1'b0;
        if (b_load) begin
            b_planes_q <= a_planes;
            b_offset_q <= a_n_h;  // n_L for an all-zero step: one cycle of zero bits
            b_n_l_q    <= a_n_l_q;
            b_signed_q <= a_signed_q;
            b_first_q  <= a_first_q;
            b_last_q   <= a_last_q;
            b_waddr_q  <= a_waddr_q;
            b_start_q  <= 1'b1;
        end else if (b_send) begin
            b_offset_q <= b_offset_q - 1'b1;
            b_start_q  <= 1'b0;
        end
    end

    assign wm_en   = b_valid_q && b_start_q;
    assign wm_addr = b_waddr_q;

    // ---- output register: the broadcast wires are long
    reg             m_valid_q, m_eog_q, m_last_q, m_negate_q, m_clear_q;
    reg [OFF_W-1:0] m_offset_q;
    reg [N-1:0]     m_bits_q;

    always @(posedge clk) begin
        m_valid_q  <= b_send && !rst;
        m_eog_q    <= b_eog;
        m_last_q   <= b_last_q;
        m_negate_q <= b_signed_q && b_start_q;
        m_clear_q  <= b_first_q && b_start_q;
        m_offset_q <= b_offset_q;
        if (b_send) m_bits_q <= b_planes_q[b_offset_q*N +: N];
    end

    assign m_valid     = m_valid_q;
    assign m_bits      = m_bits_q;
    assign m_offset    = m_offset_q;
    assign m_eog       = m_eog_q;
    assign m_negate    = m_negate_q;
    assign m_clear     = m_clear_q;
    assign m_last      = m_last_q;
    assign obs_start   = b_load && !rst;
    assign obs_p       = a_p;
    assign obs_n_l     = a_n_l_dynamic;
    assign obs_send    = b_send;
    assign stall_drain = b_valid_q && b_capture && !drain_ready;

    wire unused = &{1'b0, a_all_zero};
endmodule

`resetall
