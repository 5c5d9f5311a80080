// SPDX-License-Identifier: Apache-2.0
// Collects the accumulators of a finished pallet and hands them on one column (ROWS sums) a cycle while the tile works on
// the next pallet (the Reducer of paper section 5.3.1). Whoever starts the last bits of a pallet reserves it first: from then
// until the last column has left, ready is low.
`default_nettype none

module dpr_reducer #(
    parameter ROWS  = 16,  // sums per column
    parameter COLS  = 16,  // columns
    parameter ACC_W = 48,  // width of a sum
    // derived: do not override
    parameter COL_W = COLS > 1 ? $clog2(COLS) : 1
) (
    input  wire                       clk,
    input  wire                       rst,
    // a pallet is about to be finished
    input  wire                       reserve,
    output wire                       ready,    // registered: no path from m_ready
    // its columns: each valid for one cycle, always taken; a later column in the same or in a later cycle
    input  wire [COLS-1:0]            s_valid,
    input  wire [COLS*ROWS*ACC_W-1:0] s_sums,   // column c, row r at [(c*ROWS + r)*ACC_W +: ACC_W]
    // one column a cycle
    output wire                       m_valid,
    input  wire                       m_ready,
    output wire [ROWS*ACC_W-1:0]      m_sums,   // row r at [r*ACC_W +: ACC_W]
    output wire [COL_W-1:0]           m_col,
    output wire                       m_last    // last column of the pallet
);
    generate
        if (ROWS < 1 || COLS < 1 || ACC_W < 1) begin : g_shape
            dpr_error_ROWS_COLS_ACC_W_must_be_at_least_1 u_error ();
        end
    endgenerate

    reg                       pending_q, busy_q;
    reg [COL_W-1:0]           col_q;
    reg [COLS*ROWS*ACC_W-1:0] sums_q;

    assign ready   = !pending_q && !reserve;
    assign m_valid = busy_q;
    assign m_sums  = sums_q[col_q*ROWS*ACC_W +: ROWS*ACC_W];
    assign m_col   = col_q;
    assign m_last  = {{(32-COL_W){1'b0}}, col_q} == COLS - 1;

    wire take = m_valid && m_ready;

    always @(posedge clk) begin
        if (rst) begin
            pending_q <= 1'b0;
            busy_q    <= 1'b0;
            col_q     <= {COL_W{1'b0}};
        end else begin
            if (reserve) pending_q <= 1'b1;
            else if (take && m_last) pending_q <= 1'b0;
            if (s_valid[0]) busy_q <= 1'b1;
            else if (take && m_last) busy_q <= 1'b0;
            if (take) col_q <= m_last ? {COL_W{1'b0}} : col_q + 1'b1;
        end
    end

    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_column
            always @(posedge clk)
                if (s_valid[c]) sums_q[c*ROWS*ACC_W +: ROWS*ACC_W] <= s_sums[c*ROWS*ACC_W +: ROWS*ACC_W];
        end
    endgenerate

`ifdef FORMAL
    always @(posedge clk) if (!rst && s_valid[0]) assert (!busy_q || (take && m_last));
`endif
endmodule

`resetall
