// SPDX-License-Identifier: Apache-2.0
// The bits that the dispatcher sends for a value make up that value: each one times two to its position, sign bits negative, they
// sum up to the activation trimmed below n_L towards zero, when the last ones of its step have left. For any value of any step
// and whatever its neighbours are; with static precision if the value fits the profile. SIPs are linear in these bits.
`default_nettype none

module prove_dispatcher #(
    parameter P              = 8, // maximum precision in bits
    parameter COLS           = 2, // windows of a pallet
    parameter LANES          = 2, // activations per window and step
    parameter BITS_PER_CYCLE = 1  // bits of an activation per cycle
) (
    input wire                    clk,
    input wire                    rst,
    input wire                    s_valid,
    input wire [COLS*LANES*P-1:0] s_acts,
    input wire                    s_is_signed,
    input wire [$clog2(P)-1:0]    s_n_l,
    input wire                    s_first,
    input wire                    s_last,
    input wire [3:0]              s_waddr,
    input wire                    drain_ready
);
    localparam B      = BITS_PER_CYCLE;
    localparam N      = COLS * LANES;
    localparam OFF_W  = $clog2(P);
    localparam PLANES = P + B - 1;

    (* anyconst *) wire             cfg_static;
    (* anyconst *) wire [OFF_W-1:0] cfg_n_h;
    (* anyconst *) wire [7:0]       chosen; // the value that is followed

    wire             s_ready, a_read, a_read_first, b_read, m_fresh, m_valid, m_negate, m_initial, m_start, m_first, m_eog;
    wire             m_chain, m_capture, obs_start, obs_send, obs_reduce, stall_drain, stall_weights;
    wire [3:0]       a_addr, b_addr;
    wire [B*N-1:0]   m_bits;
    wire [OFF_W-1:0] m_offset, m_again, obs_n_l;
    wire [OFF_W:0]   obs_p;

    dpr_dispatcher #(.P(P), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(B), .ADDR_W(4)) dut (
        .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h), .cfg_stagger(1'b0), .cfg_chain(5'd0),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed), .s_n_l(s_n_l), .s_first(s_first),
        .s_last(s_last), .s_waddr(s_waddr), .s_loads({(OFF_W+1){1'b0}}), .s_again({OFF_W{1'b0}}), .drain_ready(drain_ready),
        .a_read(a_read), .a_read_first(a_read_first), .a_addr(a_addr), .b_read(b_read), .b_addr(b_addr),
        .m_fresh(m_fresh), .m_valid(m_valid), .m_bits(m_bits), .m_offset(m_offset), .m_again(m_again), .m_negate(m_negate),
        .m_initial(m_initial), .m_start(m_start), .m_first(m_first), .m_eog(m_eog), .m_chain(m_chain), .m_capture(m_capture),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );

    (* hierconn *) wire                \dut.a_valid_q ;
    (* hierconn *) wire                \dut.a_signed_q ;
    (* hierconn *) wire [OFF_W-1:0]    \dut.a_n_l_q ;
    (* hierconn *) wire [OFF_W-1:0]    \dut.a_again_q ;
    (* hierconn *) wire [OFF_W:0]      \dut.a_loads_q ;
    (* hierconn *) wire [N*P-1:0]      \dut.a_acts_q ;
    (* hierconn *) wire                \dut.b_valid ;
    (* hierconn *) wire                \dut.b_start ;
    (* hierconn *) wire                \dut.b_initial ;
    (* hierconn *) wire                \dut.b_signed_q ;
    (* hierconn *) wire [OFF_W-1:0]    \dut.b_offset ;
    (* hierconn *) wire [OFF_W-1:0]    \dut.b_again ;
    (* hierconn *) wire [PLANES*N-1:0] \dut.b_planes_q ;
    (* hierconn *) wire [OFF_W-1:0]    \dut.u_sequencer.n_l_q ;
    (* hierconn *) wire [1:0]          \dut.u_sequencer.phase_q ;

    // the value that comes, as a number, trimmed
    wire        [P-1:0] raw    = s_acts[chosen*P +: P];
    wire signed [31:0]  number = {{(32-P){s_is_signed && raw[P-1]}}, raw};
    wire signed [31:0]  value  = number < 0 ? -((-number >>> s_n_l) <<< s_n_l) : (number >>> s_n_l) <<< s_n_l;
    // whether it fits the bits up to place n_h
    wire signed [31:0]  above  = value >>> (s_is_signed ? cfg_n_h : cfg_n_h + 1);

    // the values of the steps in the two stages, and behind the output's registers
    reg  [P-1:0]        a_raw_q;
    reg signed [31:0]   a_value_q, b_value_q, m_value_q, sum_q;
    reg signed [31:0]   sum;
    integer             j;
    always @(posedge clk) begin
        if (s_valid && s_ready) begin
            a_raw_q   <= raw;
            a_value_q <= value;
        end
        if (obs_start) b_value_q <= a_value_q;
        m_value_q <= b_value_q;
        sum_q     <= sum;
    end
    always @* begin
        sum = m_valid && m_start ? 0 : sum_q;
        for (j = 0; j < B; j = j + 1)
            if (m_valid && m_bits[j*N + chosen])
                sum = m_negate && j == B - 1 ? sum - (32'sd1 <<< (m_offset + j)) : sum + (32'sd1 <<< (m_offset + j));
    end

    // invariants
    reg     planes_good;
    integer k;
    always @* begin
        planes_good = 1'b1;
        for (k = 0; k < PLANES; k = k + 1)
            planes_good = planes_good && \dut.b_planes_q [k*N + chosen] == b_value_q[k];
    end
    wire signed [31:0] a_number  = {{(32-P){\dut.a_signed_q && a_raw_q[P-1]}}, a_raw_q};
    wire signed [31:0] a_size    = ((a_number < 0 ? -a_number : a_number) >>> \dut.a_n_l_q ) <<< \dut.a_n_l_q ;
    wire signed [31:0] a_above   = a_value_q >>> (\dut.a_signed_q ? cfg_n_h : cfg_n_h + 1);
    wire        [31:0] offset    = \dut.b_offset ;
    wire signed [31:0] sent      = (b_value_q >>> (offset + B)) <<< (offset + B);
    wire signed [31:0] b_above   = b_value_q >>> (\dut.b_signed_q ? offset + B - 1 : offset + B);

    always @* begin
        if ($initstate) assume (rst);
        assume (chosen < N);
        if (cfg_static) assume (cfg_n_h >= s_n_l && (above == 0 || (above == -1 && s_is_signed)));
    end

    always @* if (!$initstate) begin
        if (m_valid && m_eog) assert (sum == m_value_q);
        // for the induction
        if (\dut.a_valid_q ) begin
            assert (\dut.a_acts_q [chosen*P +: P] == a_raw_q && a_value_q == (a_number < 0 ? -a_size : a_size));
            assert (\dut.a_again_q == 0 && \dut.a_loads_q == 0);
            if (cfg_static) assert (cfg_n_h >= \dut.a_n_l_q && (a_above == 0 || (a_above == -1 && \dut.a_signed_q )));
        end
        if (\dut.b_valid ) begin
            assert (\dut.u_sequencer.phase_q == 2'd0 && \dut.b_again == 0 && \dut.b_initial );
            assert (\dut.b_offset >= \dut.u_sequencer.n_l_q && (\dut.b_offset - \dut.u_sequencer.n_l_q ) % B == 0);
            assert (planes_good && (b_value_q >>> \dut.u_sequencer.n_l_q ) <<< \dut.u_sequencer.n_l_q == b_value_q);
            assert (\dut.b_signed_q ? b_value_q >= -(32'sd1 <<< (P - 1)) : b_value_q >= 0);
            if (\dut.b_start ) assert (b_above == 0 || (b_above == -1 && \dut.b_signed_q ));
            else assert (sum == sent && (!m_valid || m_value_q == b_value_q));
        end
        cover (m_valid && m_eog && m_value_q == -6 && sum == -6);
        cover (m_valid && m_eog && !m_start && m_value_q == 20 && stall_drain);
        cover (m_valid && m_eog && m_start && m_value_q == 0);
    end
endmodule

`resetall
