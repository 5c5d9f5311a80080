// SPDX-License-Identifier: Apache-2.0
// DStripes and Stripes, dispatcher to reducer. A step sends exactly ceil(max(1, p) / BITS_PER_CYCLE) chunks, p the precision
// found for it. Columns leave by the rules of a stream: nothing that the tile computes meanwhile touches an offered sum. And the
// core never stands still: while its columns are taken it takes a step at the latest after P / BITS_PER_CYCLE + COLS + 3 cycles.
`default_nettype none

module prove_dstripes #(
    parameter P              = 8, // maximum precision in bits
    parameter ROWS           = 1, // filters
    parameter COLS           = 2, // windows
    parameter LANES          = 1, // products per SIP and cycle
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
    input wire [ROWS*LANES*P-1:0] wm_data,
    input wire                    m_ready
);
    localparam B     = BITS_PER_CYCLE;
    localparam OFF_W = $clog2(P);
    localparam ACC_W = 2 * P + 16;
    localparam COL_W = COLS > 1 ? $clog2(COLS) : 1;

    (* anyconst *) wire             cfg_static;
    (* anyconst *) wire [OFF_W-1:0] cfg_n_h;

    wire                  s_ready, wm_en, m_valid, m_last, obs_start, obs_send, stall_drain;
    wire [3:0]            wm_addr;
    wire [ROWS*ACC_W-1:0] m_sums;
    wire [COL_W-1:0]      m_col;
    wire [OFF_W:0]        obs_p;
    wire [OFF_W-1:0]      obs_n_l;

    dpr_dstripes #(.P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(B), .ADDR_W(4)) dut (
        .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h),
        .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed), .s_n_l(s_n_l),
        .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr), .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .stall_drain(stall_drain)
    );
    stream_rules #(.W(ROWS*ACC_W + COL_W + 1)) u_rules (
        .clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_last, m_col, m_sums})
    );

    (* hierconn *) wire             \dut.u_dispatcher.a_valid_q ;
    (* hierconn *) wire [OFF_W-1:0] \dut.u_dispatcher.a_n_l_q ;
    (* hierconn *) wire             \dut.u_dispatcher.u_sequencer.valid_q ;
    (* hierconn *) wire [1:0]       \dut.u_dispatcher.u_sequencer.phase_q ;
    (* hierconn *) wire [OFF_W-1:0] \dut.u_dispatcher.u_sequencer.offset_q ;
    (* hierconn *) wire [OFF_W-1:0] \dut.u_dispatcher.u_sequencer.n_l_q ;
    (* hierconn *) wire [OFF_W-1:0] \dut.u_dispatcher.u_sequencer.again_q ;
    (* hierconn *) wire [OFF_W-1:0] \dut.u_dispatcher.a_again_q ;
    (* hierconn *) wire [OFF_W:0]   \dut.u_dispatcher.a_loads_q ;
    (* hierconn *) wire             \dut.d_capture ;
    (* hierconn *) wire [COLS-1:0]  \dut.t_valid ;
    (* hierconn *) wire             \dut.u_tile.g_column[0].u_column.s2_capture_q ;
    (* hierconn *) wire             \dut.u_tile.g_column[1].u_column.s2_capture_q ;
    (* hierconn *) wire             \dut.u_reducer.pending_q ;
    (* hierconn *) wire             \dut.u_reducer.busy_q ;
    (* hierconn *) wire [COL_W-1:0] \dut.u_reducer.col_q ;

    wire captures = \dut.u_tile.g_column[0].u_column.s2_capture_q ;
    wire arrives  = \dut.t_valid [0];
    wire b_valid  = \dut.u_dispatcher.u_sequencer.valid_q ;

    wire [OFF_W-1:0] distance = \dut.u_dispatcher.u_sequencer.offset_q - \dut.u_dispatcher.u_sequencer.n_l_q ;
    wire [7:0]       chunks   = b_valid ? distance / B + 1 : 0; // of the step still to be sent
    wire [7:0]       drain    = \dut.d_capture ? COLS + 3 : captures ? COLS + 2 : arrives ? COLS + 1
                                               : m_valid ? COLS - m_col : 0;

    reg [7:0] planned_q; // chunks that the step at hand must still send
    reg [7:0] waits_q;   // cycles in a row in which columns are taken and steps are not
    always @(posedge clk) begin
        if (rst) planned_q <= 8'd0;
        else if (obs_start) planned_q <= obs_p == 0 ? 1 : (obs_p + B - 1) / B;
        else if (obs_send) planned_q <= planned_q - 8'd1;
        waits_q <= rst || !m_ready || s_ready ? 8'd0 : waits_q + 8'd1;
    end

    always @* begin
        if ($initstate) assume (rst);
        if (cfg_static) assume (cfg_n_h >= s_n_l); // the layer's profile
    end

    always @* if (!$initstate) begin
        assert (planned_q == chunks);
        if (obs_start) assert (planned_q == 8'd0 || (planned_q == 8'd1 && obs_send));
        if (obs_send) assert (planned_q != 8'd0);
        assert (waits_q + chunks + drain <= (P + B - 1) / B + COLS + 3 || waits_q == 8'd0);
        assert (waits_q <= P / B + COLS + 3);
        // for the induction: stages of the dispatcher
        if (cfg_static && \dut.u_dispatcher.a_valid_q ) assert (cfg_n_h >= \dut.u_dispatcher.a_n_l_q );
        if (waits_q != 8'd0) assert (\dut.u_dispatcher.a_valid_q );
        if (\dut.u_dispatcher.a_valid_q ) assert (\dut.u_dispatcher.a_again_q == 0 && \dut.u_dispatcher.a_loads_q == 0);
        if (b_valid) begin
            assert (\dut.u_dispatcher.u_sequencer.phase_q == 2'd0 && \dut.u_dispatcher.u_sequencer.again_q == 0);
            assert (\dut.u_dispatcher.u_sequencer.offset_q >= \dut.u_dispatcher.u_sequencer.n_l_q && distance % B == 0);
        end
        // at most one pallet is between the last bits and the output
        assert (\dut.t_valid == {COLS{arrives}} && \dut.u_tile.g_column[1].u_column.s2_capture_q == captures);
        assert (\dut.d_capture + captures + arrives + m_valid <= 1);
        if (\dut.d_capture ) assert (!\dut.u_reducer.pending_q );
        assert (\dut.u_reducer.pending_q == (captures || arrives || m_valid));
        assert (\dut.u_reducer.col_q < COLS && (m_valid || \dut.u_reducer.col_q == 0));

        cover (m_valid && m_last && stall_drain);
        cover (obs_start && obs_p == 5 && planned_q == 8'd1);
        cover (waits_q == 8'd4 && chunks == 8'd1);
    end
endmodule

`resetall
