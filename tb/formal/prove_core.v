// SPDX-License-Identifier: Apache-2.0
// Any of the designs: columns leave by the rules of a stream, in order, every pallet whole; and the core never stands still: while
// its columns are taken it takes a step within DEADLINE cycles. Steps, layer registers and stalls are arbitrary; weights that come
// serially have at most MOST_P_W bits, which bounds the work of a step.
`default_nettype none

module prove_core #(
    parameter DESIGN         = 2,  // of dpr_core
    parameter P              = 8,  // maximum precision in bits
    parameter ROWS           = 1,  // filters
    parameter COLS           = 2,  // windows of a pallet
    parameter LANES          = 1,  // products per unit and cycle
    parameter BITS_PER_CYCLE = 1,  // bits of an activation per cycle
    parameter MOST_P_W       = 2,  // precision of serial weights
    parameter DEADLINE       = 30  // cycles
) (
    input wire                                    clk,
    input wire                                    rst,
    input wire                                    s_valid,
    input wire [COLS*LANES*P-1:0]                 s_acts,
    input wire                                    s_is_signed,
    input wire [$clog2(P)-1:0]                    s_n_l,
    input wire                                    s_first,
    input wire                                    s_last,
    input wire [3:0]                              s_waddr,
    input wire [$clog2(P):0]                      s_p_w,
    input wire [ROWS*LANES*(DESIGN==3?1:P)-1:0]   wm_data,
    input wire                                    m_ready
);
    localparam OFF_W = $clog2(P);
    localparam ACC_W = 2 * P + 16;
    localparam COL_W = COLS > 1 ? $clog2(COLS) : 1;

    (* anyconst *) wire             cfg_static, cfg_serial, cfg_pool;
    (* anyconst *) wire [OFF_W-1:0] cfg_n_h;
    (* anyconst *) wire [4:0]       cfg_slices;

    wire                  s_ready, wm_en, m_valid, m_keep, m_last;
    wire [3:0]            wm_addr;
    wire [ROWS*ACC_W-1:0] m_sums;
    wire [COL_W-1:0]      m_col;
    wire                  obs_start, obs_send, obs_reduce, stall_drain, stall_weights;
    wire [OFF_W:0]        obs_p;
    wire [OFF_W-1:0]      obs_n_l;

    dpr_core #(
        .DESIGN(DESIGN), .P(P), .ROWS(ROWS), .COLS(COLS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .ADDR_W(4)
    ) dut (
        .clk(clk), .rst(rst), .cfg_static(cfg_static), .cfg_n_h(cfg_n_h), .cfg_serial(cfg_serial), .cfg_pool(cfg_pool),
        .cfg_slices(cfg_slices), .s_valid(s_valid), .s_ready(s_ready), .s_acts(s_acts), .s_is_signed(s_is_signed),
        .s_n_l(s_n_l), .s_first(s_first), .s_last(s_last), .s_waddr(s_waddr), .s_p_w(s_p_w),
        .wm_en(wm_en), .wm_addr(wm_addr), .wm_data(wm_data),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_keep(m_keep), .m_last(m_last),
        .obs_start(obs_start), .obs_p(obs_p), .obs_n_l(obs_n_l), .obs_send(obs_send), .obs_reduce(obs_reduce),
        .stall_drain(stall_drain), .stall_weights(stall_weights)
    );
    stream_rules #(.W(ROWS*ACC_W + COL_W + 2)) u_rules (
        .clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_last, m_keep, m_col, m_sums})
    );

    reg [7:0] waits_q, column_q, pallets_q; // pallets taken whose last column has not left
    always @(posedge clk) begin
        waits_q <= rst || !m_ready || s_ready ? 8'd0 : waits_q + 8'd1;
        if (rst) begin
            column_q  <= 8'd0;
            pallets_q <= 8'd0;
        end else begin
            if (m_valid && m_ready) column_q <= m_last ? 8'd0 : column_q + 8'd1;
            pallets_q <= pallets_q + (s_valid && s_ready && s_last) - (m_valid && m_ready && m_last);
        end
    end

    always @* begin
        if ($initstate) assume (rst);
        assume (cfg_slices >= 5'd1 && cfg_slices <= COLS);
        assume (s_p_w <= MOST_P_W);
        if (cfg_static) assume (cfg_n_h >= s_n_l);
    end

    always @* if (!$initstate) begin
        if (m_valid) assert (m_col == column_q && m_last == (column_q == COLS - 1));
        if (m_valid) assert (pallets_q != 8'd0); // no column without a pallet
        assert (waits_q <= DEADLINE);
        assert ({1'b0, obs_send} + obs_reduce + stall_drain + stall_weights <= 2'd1);
        cover (m_valid && m_last && m_ready);
        cover (m_valid && m_last && !m_ready && stall_drain);
    end
endmodule

`resetall
