// SPDX-License-Identifier: Apache-2.0
// A DStripes tile: ROWS x COLS serial inner-product units (paper sections 5.1 and 5.2, Fig. 3b). SIPs along a row share the
// weights of one filter, SIPs along a column share the activation bits of one window. One control pipeline serves all.
`default_nettype none

module dpr_tile #(
    parameter P     = 16,  // maximum precision in bits
    parameter ROWS  = 16,  // filters
    parameter COLS  = 16,  // windows
    parameter LANES = 16,  // products per SIP and cycle
    // derived: do not override
    parameter OFF_W = $clog2(P),
    parameter ACC_W = 2 * P + 16
) (
    input  wire                       clk,
    input  wire                       rst,
    // one bit plane a cycle from the dispatcher
    input  wire                       s_valid,
    input  wire [COLS*LANES-1:0]      s_bits,     // column c, lane l at [c*LANES + l]
    input  wire [OFF_W-1:0]           s_offset,   // position of the bits
    input  wire                       s_negate,   // the bits are sign bits
    input  wire                       s_clear,    // first bit plane of a pallet
    input  wire                       s_eog,      // end of group: last bit plane of a step
    input  wire                       s_last,     // the step is the last of its pallet
    input  wire [ROWS*LANES*P-1:0]    s_weights,  // row r, lane l at [(r*LANES + l)*P +: P]
    // the accumulators, complete for one cycle when a pallet ends
    output wire                       m_valid,
    output wire [COLS*ROWS*ACC_W-1:0] m_sums      // column c, row r at [(c*ROWS + r)*ACC_W +: ACC_W], signed
);
    generate
        if (ROWS < 1 || COLS < 1 || LANES < 1) begin : g_shape
            dpr_error_ROWS_COLS_LANES_must_be_at_least_1 u_error ();
        end
        if (P != 8 && P != 16) begin : g_precision
            dpr_error_P_must_be_8_or_16 u_error ();
        end
    endgenerate

    reg             s2_valid_q, s2_negate_q, s2_clear_q, s2_capture_q;
    reg [OFF_W-1:0] s2_offset_q;
    reg             done_q;

    always @(posedge clk) begin
        s2_valid_q   <= s_valid && !rst;
        s2_capture_q <= s_valid && s_eog && s_last && !rst;
        done_q       <= s2_capture_q && !rst;
        s2_negate_q  <= s_negate;
        s2_clear_q   <= s_clear;
        s2_offset_q  <= s_offset;
    end

    genvar c, r;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_col
            for (r = 0; r < ROWS; r = r + 1) begin : g_row
                dpr_sip #(
                    .P(P), .LANES(LANES)
                ) u_sip (
                    .clk       (clk),
                    .s1_valid  (s_valid),
                    .s1_bits   (s_bits[c*LANES +: LANES]),
                    .s1_weights(s_weights[r*LANES*P +: LANES*P]),
                    .s2_valid  (s2_valid_q),
                    .s2_clear  (s2_clear_q),
                    .s2_negate (s2_negate_q),
                    .s2_offset (s2_offset_q),
                    .acc       (m_sums[(c*ROWS + r)*ACC_W +: ACC_W])
                );
            end
        end
    endgenerate

    assign m_valid = done_q;
endmodule

`resetall
