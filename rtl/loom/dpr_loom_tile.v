// SPDX-License-Identifier: Apache-2.0
// A Loom tile (paper section 5.4): ROWS x COLS SIPs, one bit of each operand a cycle. Convolutions: all columns take the same
// weight bits and each its own window. Fully connected layers: all columns take the same activation bits, each its own weights;
// the weight bus feeds one column a cycle, so column c works c cycles behind column 0.
`default_nettype none

module dpr_loom_tile #(
    parameter P      = 16,  // maximum precision in bits
    parameter ROWS   = 128, // filters
    parameter COLS   = 16,  // windows, or outputs of a row
    parameter LANES  = 16,  // products per SIP and cycle
    // derived: do not override
    parameter OFF_W  = $clog2(P),
    parameter ACC_W  = 2 * P + 16
) (
    input  wire                       clk,
    input  wire                       rst,
    // layer register
    input  wire                       cfg_serial,  // fully connected: staggered columns
    // weight bits
    input  wire [ROWS*LANES-1:0]      w_word,      // row r, lane l at [r*LANES + l]; staggered: column c's, c cycles after s_fresh
    // bits of a step from the dispatcher
    input  wire                       s_fresh,     // a repetition starts: new weight bits
    input  wire                       s_valid,
    input  wire [COLS*LANES-1:0]      s_bits,      // column c, lane l at [c*LANES + l]
    input  wire [OFF_W-1:0]           s_offset,
    input  wire [OFF_W-1:0]           s_again,
    input  wire                       s_negate,
    input  wire                       s_initial,
    input  wire                       s_clear,
    input  wire                       s_capture,
    // the accumulators: each column complete for one cycle
    output wire [COLS-1:0]            m_valid,
    output wire [COLS*ROWS*ACC_W-1:0] m_sums       // column c, row r at [(c*ROWS + r)*ACC_W +: ACC_W], signed
);
    generate
        if (ROWS < 1 || COLS < 1 || LANES < 1) begin : g_shape
            dpr_error_ROWS_COLS_LANES_must_be_at_least_1 u_error ();
        end
    endgenerate

    // what travels from column to column: {capture, clear, initial, negate, again, offset, bits, valid}
    localparam WORK_W = 2 * OFF_W + LANES + 5;
    localparam HEAD_W = WORK_W - LANES - 1;

    wire [HEAD_W-1:0]      head = {s_capture, s_clear, s_initial, s_negate, s_again, s_offset};
    wire [COLS*WORK_W-1:0] work;   // one stage, while the weight bits are registered; then a column a cycle
    wire [COLS-1:0]        fresh;  // bit c: s_fresh, c + 1 cycles ago

    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_column
            reg               fresh_q;
            reg  [WORK_W-1:0] work_q;
            wire              load;
            wire [WORK_W-1:0] next;
            if (c == 0) begin : g_first
                assign load = s_fresh;
                assign next = {head, s_bits[LANES-1:0], s_valid};
            end else begin : g_other
                assign load = cfg_serial ? fresh[c-1] : s_fresh;
                assign next = cfg_serial ? work[(c-1)*WORK_W +: WORK_W] : {head, s_bits[c*LANES +: LANES], s_valid};
            end

            always @(posedge clk) begin
                fresh_q <= load && !rst;
                work_q  <= {next[WORK_W-1:1], next[0] && !rst};
            end
            assign fresh[c]                  = fresh_q;
            assign work[c*WORK_W +: WORK_W]  = work_q;

            dpr_loom_column #(
                .P(P), .ROWS(ROWS), .LANES(LANES)
            ) u_column (
                .clk      (clk),
                .rst      (rst),
                .w_load   (load),
                .w_word   (w_word),
                .s_valid  (work_q[0]),
                .s_bits   (work_q[1 +: LANES]),
                .s_offset (work_q[LANES+1 +: OFF_W]),
                .s_again  (work_q[LANES+1+OFF_W +: OFF_W]),
                .s_negate (work_q[WORK_W-4]),
                .s_initial(work_q[WORK_W-3]),
                .s_clear  (work_q[WORK_W-2]),
                .s_capture(work_q[WORK_W-1] && work_q[0]),
                .m_valid  (m_valid[c]),
                .m_sums   (m_sums[c*ROWS*ACC_W +: ROWS*ACC_W])
            );
        end
    endgenerate

    wire unused = &{1'b0, cfg_serial, fresh[COLS-1], work[(COLS-1)*WORK_W +: WORK_W]};
endmodule

`resetall
