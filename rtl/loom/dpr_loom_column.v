// SPDX-License-Identifier: Apache-2.0
// One column of a Loom tile: a register with one bit of each weight, and ROWS SIPs that multiply one activation bit by one
// weight bit a lane. Handles the position and the sign of both operands.
`default_nettype none

module dpr_loom_column #(
    parameter P       = 16,  // maximum precision in bits
    parameter ROWS    = 128, // filters
    parameter LANES   = 16,  // products per SIP and cycle
    // derived: do not override
    parameter OFF_W   = $clog2(P),
    parameter ACC_W   = 2 * P + 16
) (
    input  wire                   clk,
    input  wire                   rst,
    // weight bits
    input  wire                   w_load,
    input  wire [ROWS*LANES-1:0]  w_word,     // row r, lane l at [r*LANES + l]
    // activation bits of a step
    input  wire                   s_valid,
    input  wire [LANES-1:0]       s_bits,
    input  wire [OFF_W-1:0]       s_offset,   // position of the activation bits
    input  wire [OFF_W-1:0]       s_again,    // position of the weight bits
    input  wire                   s_negate,   // they are the activations' sign bits
    input  wire                   s_initial,  // the weight bits are their sign bits
    input  wire                   s_clear,    // first bits of a pallet
    input  wire                   s_capture,  // last bits of a pallet
    // the sums, complete in the cycle of m_valid
    output wire                   m_valid,
    output wire [ROWS*ACC_W-1:0]  m_sums      // row r at [r*ACC_W +: ACC_W], signed
);
    localparam SHIFT_W = $clog2(2 * P);

    reg [ROWS*LANES-1:0] wr_q;
    always @(posedge clk) if (w_load) wr_q <= w_word;

    dpr_sip_column #(
        .P(P), .WEIGHT_W(1), .ROWS(ROWS), .LANES(LANES)
    ) u_sips (
        .clk      (clk),
        .rst      (rst),
        .s_valid  (s_valid),
        .s_bits   (s_bits),
        .s_offset ({{(SHIFT_W-OFF_W){1'b0}}, s_offset} + {{(SHIFT_W-OFF_W){1'b0}}, s_again}),
        .s_negate (s_negate ^ s_initial),
        .s_clear  (s_clear),
        .s_chain  (1'b0),
        .s_compare(1'b0),
        .s_restart(1'b0),
        .s_capture(s_capture),
        .s_weights(wr_q),
        .chain_in ({(ROWS*ACC_W){1'b0}}),
        .m_valid  (m_valid),
        .m_sums   (m_sums)
    );
endmodule

`resetall
