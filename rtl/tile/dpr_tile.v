// SPDX-License-Identifier: Apache-2.0
// A DStripes tile: ROWS x COLS serial inner-product units (paper sections 5.1 and 5.2, Fig. 3b). SIPs along a row share the
// weights of one filter, SIPs along a column share the activation bits of one window.
`default_nettype none

module dpr_tile #(
    parameter P              = 16,  // maximum precision in bits
    parameter ROWS           = 16,  // filters
    parameter COLS           = 16,  // windows
    parameter LANES          = 16,  // products per SIP and cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter ACC_W          = 2 * P + 16
) (
    input  wire                                 clk,
    input  wire                                 rst,
    // bits of a step from the dispatcher
    input  wire                                 s_valid,
    input  wire [BITS_PER_CYCLE*COLS*LANES-1:0] s_bits,     // bit j of column c, lane l at [j*COLS*LANES + c*LANES + l]
    input  wire [OFF_W-1:0]                     s_offset,   // position of the lowest bits
    input  wire                                 s_negate,   // the top bits are sign bits
    input  wire                                 s_clear,    // first bits of a pallet
    input  wire                                 s_capture,  // last bits of a pallet
    input  wire [ROWS*LANES*P-1:0]              s_weights,  // row r, lane l at [(r*LANES + l)*P +: P]
    // the accumulators, complete for one cycle when a pallet ends
    output wire [COLS-1:0]                      m_valid,
    output wire [COLS*ROWS*ACC_W-1:0]           m_sums      // column c, row r at [(c*ROWS + r)*ACC_W +: ACC_W], signed
);
    generate
        if (ROWS < 1 || COLS < 1 || LANES < 1) begin : g_shape
            dpr_error_ROWS_COLS_LANES_must_be_at_least_1 u_error ();
        end
    endgenerate

    localparam SHIFT_W = $clog2(2 * P);

    genvar c, j;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_column
            wire [BITS_PER_CYCLE*LANES-1:0] bits;
            for (j = 0; j < BITS_PER_CYCLE; j = j + 1) begin : g_plane
                assign bits[j*LANES +: LANES] = s_bits[(j*COLS + c)*LANES +: LANES];
            end
            dpr_sip_column #(
                .P(P), .ROWS(ROWS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE)
            ) u_column (
                .clk      (clk),
                .rst      (rst),
                .s_valid  (s_valid),
                .s_bits   (bits),
                .s_offset ({{(SHIFT_W-OFF_W){1'b0}}, s_offset}),
                .s_negate (s_negate),
                .s_clear  (s_clear),
                .s_chain  (1'b0),
                .s_compare(1'b0),
                .s_restart(1'b0),
                .s_capture(s_capture),
                .s_weights(s_weights),
                .chain_in ({(ROWS*ACC_W){1'b0}}),
                .m_valid  (m_valid[c]),
                .m_sums   (m_sums[c*ROWS*ACC_W +: ROWS*ACC_W])
            );
        end
    endgenerate
endmodule

`resetall
