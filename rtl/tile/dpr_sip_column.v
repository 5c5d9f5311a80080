// SPDX-License-Identifier: Apache-2.0
// One column of a tile: ROWS serial inner-product units that share the activation bits of one window, and their control
// pipeline. With MAX_POOL each unit has a comparator that keeps the largest sum of the steps of a pallet (paper section 5.3.1).
`default_nettype none

module dpr_sip_column #(
    parameter P              = 16,  // maximum precision in bits
    parameter WEIGHT_W       = P,   // bits of a weight: P or 1
    parameter ROWS           = 16,  // filters
    parameter LANES          = 16,  // products per SIP and cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle
    parameter MAX_POOL       = 0,   // 1: with comparators
    // derived: do not override
    parameter SHIFT_W        = $clog2(2 * P),
    parameter ACC_W          = 2 * P + 16
) (
    input  wire                            clk,
    input  wire                            rst,
    // bits of a step, and what they are
    input  wire                            s_valid,
    input  wire [BITS_PER_CYCLE*LANES-1:0] s_bits,     // bit j of lane l at [j*LANES + l]
    input  wire [SHIFT_W-1:0]              s_offset,
    input  wire                            s_negate,
    input  wire                            s_clear,    // first bits of an accumulation
    input  wire                            s_chain,    // no bits: add chain_in
    input  wire                            s_compare,  // last bits of a step whose sum is to be compared (max pooling)
    input  wire                            s_restart,  // and it is the first step of its pallet
    input  wire                            s_capture,  // the column is complete after this cycle, s_valid or not
    input  wire [ROWS*LANES*WEIGHT_W-1:0]  s_weights,  // row r, lane l at [(r*LANES + l)*WEIGHT_W +: WEIGHT_W]
    input  wire [ROWS*ACC_W-1:0]           chain_in,   // the neighbour's m_sums
    // the sums, complete in the cycle of m_valid
    output wire                            m_valid,
    output wire [ROWS*ACC_W-1:0]           m_sums      // row r at [r*ACC_W +: ACC_W], signed
);
    reg               s2_valid_q, s2_negate_q, s2_clear_q, s2_chain_q, s2_compare_q, s2_restart_q, s2_capture_q;
    reg               s3_compare_q, s3_restart_q, done_q;
    reg [SHIFT_W-1:0] s2_offset_q;

    always @(posedge clk) begin
        s2_valid_q   <= s_valid && !rst;
        s2_capture_q <= s_capture && !rst;
        done_q       <= s2_capture_q && !rst;
        s2_negate_q  <= s_negate;
        s2_clear_q   <= s_clear;
        s2_chain_q   <= s_chain;
        s2_offset_q  <= s_offset;
        s2_compare_q <= s_valid && s_compare;
        s2_restart_q <= s_restart;
        s3_compare_q <= s2_compare_q;
        s3_restart_q <= s2_restart_q;
    end

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            wire [ACC_W-1:0] acc;
            dpr_sip #(
                .P(P), .WEIGHT_W(WEIGHT_W), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE)
            ) u_sip (
                .clk       (clk),
                .s1_valid  (s_valid),
                .s1_bits   (s_bits),
                .s1_weights(s_weights[r*LANES*WEIGHT_W +: LANES*WEIGHT_W]),
                .s2_valid  (s2_valid_q),
                .s2_clear  (s2_clear_q),
                .s2_negate (s2_negate_q),
                .s2_offset (s2_offset_q),
                .s2_chain  (s2_chain_q),
                .chain_in  (chain_in[r*ACC_W +: ACC_W]),
                .acc       (acc)
            );
            if (MAX_POOL) begin : g_max
                dpr_running_max #(
                    .W(P + 1), .ACC_W(ACC_W)
                ) u_max (
                    .clk(clk), .compare(s3_compare_q), .restart(s3_restart_q), .value(acc), .largest(m_sums[r*ACC_W +: ACC_W])
                );
            end else begin : g_sum
                assign m_sums[r*ACC_W +: ACC_W] = acc;
            end
        end
        if (!MAX_POOL) begin : g_unused
            wire unused = &{1'b0, s3_compare_q, s3_restart_q};
        end
    endgenerate

    assign m_valid = done_q;
endmodule

`resetall
