// SPDX-License-Identifier: Apache-2.0
// The reducer hands on every column of every pallet, each once, in order, with the sums that came for it, under any stalls of
// its output. It is used as the tile does: a pallet is reserved while ready, then its columns come, each after the one before or
// with it, the first one at least a cycle before ready can come back. And while the output takes, ready comes back.
`default_nettype none

module prove_reducer #(
    parameter ROWS  = 2,  // sums per column
    parameter COLS  = 3,  // columns
    parameter ACC_W = 4   // width of a sum
) (
    input wire                       clk,
    input wire                       rst,
    input wire                       reserve,
    input wire [COLS-1:0]            s_valid,
    input wire [COLS*ROWS*ACC_W-1:0] s_sums,
    input wire                       m_ready
);
    localparam COL_W = COLS > 1 ? $clog2(COLS) : 1;
    localparam SUM_W = ROWS * ACC_W;

    wire             ready, m_valid, m_last;
    wire [SUM_W-1:0] m_sums;
    wire [COL_W-1:0] m_col;

    dpr_reducer #(.ROWS(ROWS), .COLS(COLS), .ACC_W(ACC_W)) dut (
        .clk(clk), .rst(rst), .reserve(reserve), .ready(ready), .s_valid(s_valid), .s_sums(s_sums),
        .m_valid(m_valid), .m_ready(m_ready), .m_sums(m_sums), .m_col(m_col), .m_last(m_last)
    );
    stream_rules #(.W(SUM_W + COL_W + 1)) u_rules (
        .clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_last, m_col, m_sums})
    );

    (* hierconn *) wire                  \dut.pending_q ;
    (* hierconn *) wire [COLS*SUM_W-1:0] \dut.sums_q ;

    (* anyconst *) wire [COL_W-1:0] column; // the one that is followed

    // the pallet that comes: reserved, and which of its columns came; the pallet that leaves
    reg              ready_q, reserved_q, leaving_q;
    reg [COLS-1:0]   came_q;
    reg [7:0]        next_q;  // column to leave next
    reg [SUM_W-1:0]  sums_q;  // of the column that is followed
    reg [7:0]        waits_q; // cycles of a ready output without ready
    wire             take = m_valid && m_ready;
    wire [COLS-1:0]  came = came_q | s_valid;

    always @(posedge clk) begin
        if (rst) begin
            reserved_q <= 1'b0;
            leaving_q  <= 1'b0;
            came_q     <= {COLS{1'b0}};
            next_q     <= 8'd0;
        end else begin
            reserved_q <= reserve || (reserved_q && came != {COLS{1'b1}});
            came_q     <= came == {COLS{1'b1}} ? {COLS{1'b0}} : came;
            leaving_q  <= s_valid[0] || (leaving_q && !(take && next_q == COLS - 1));
            if (take) next_q <= next_q == COLS - 1 ? 8'd0 : next_q + 8'd1;
        end
        ready_q <= ready && !rst;
        if (s_valid[column]) sums_q <= s_sums[column*SUM_W +: SUM_W];
        waits_q <= rst || !m_ready || ready || !m_valid ? 8'd0 : waits_q + 8'd1;
    end

    wire [COLS:0] shifted = {came, 1'b1}; // a column's predecessor came, with it or before it
    always @* begin
        if ($initstate) assume (rst);
        assume (column < COLS);
        if (reserve) assume (ready_q); // one cycle after ready, as the dispatcher's register has it
        assume ((s_valid & came_q) == {COLS{1'b0}});
        assume (s_valid == {COLS{1'b0}} || reserved_q);
        assume ((s_valid & ~shifted[COLS-1:0]) == {COLS{1'b0}});
        // columns come one a cycle once the first came, or together
        assume (!reserved_q || came_q == {COLS{1'b0}} || (s_valid & ~came_q) != {COLS{1'b0}});
    end

    always @* if (!$initstate) begin
        assert (m_valid == leaving_q);
        assert (ready == (!\dut.pending_q && !reserve));
        assert (m_col == next_q && m_last == (next_q == COLS - 1));
        if (m_valid && m_col == column) assert (m_sums == sums_q);
        assert (waits_q <= COLS);
        // for the induction
        assert (next_q < COLS && (leaving_q || next_q == 8'd0));
        if (ready_q) assert (!\dut.pending_q );
        assert (!reserved_q || \dut.pending_q );
        assert (!leaving_q || \dut.pending_q );
        assert (reserved_q || came_q == {COLS{1'b0}});
        if (reserved_q && came_q == {COLS{1'b0}}) assert (!leaving_q);
        if (reserved_q && came_q != {COLS{1'b0}}) assert (leaving_q && came_q >> next_q != 0);
        assert ((came_q & (came_q + 1'b1)) == {COLS{1'b0}});
        if (leaving_q && (!reserved_q || came_q[column]) && column >= next_q) assert (\dut.sums_q [column*SUM_W +: SUM_W] == sums_q);
        if (leaving_q) assert (waits_q <= next_q);

        cover (take && m_last && reserved_q == 1'b0);
        cover (m_valid && !m_last && reserved_q && came_q != {COLS{1'b0}} && waits_q == 8'd1);
    end
endmodule

`resetall
