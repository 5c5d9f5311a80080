// SPDX-License-Identifier: Apache-2.0
// Serial inner-product unit (paper section 5.2, Fig. 3c). Each cycle it multiplies BITS_PER_CYCLE bits of LANES activations by
// LANES weights, sums the products, shifts the sum to the bits' position and accumulates it. The sign bit of signed activations
// has negative weight in two's complement: its sum is subtracted. One adder tree a bit: one bit is the unit of DStripes and TRT;
// one bit of a one-bit weight is Loom's. Stage 1 registers the trees; the controls of stage 2 arrive one cycle after their bits.
`default_nettype none

module dpr_sip #(
    parameter P              = 16,  // maximum precision in bits
    parameter WEIGHT_W       = P,   // bits of a weight: P, or 1 when weights are serial too (their sign is in s2_negate)
    parameter LANES          = 16,  // products per cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle: 1, 2, 4
    // derived: do not override
    parameter SHIFT_W        = $clog2(2 * P),
    parameter ACC_W          = 2 * P + 16  // 2^16 products of P x P bits never overflow
) (
    input  wire                            clk,
    // stage 1: the operands
    input  wire                            s1_valid,   // the operands are good
    input  wire [BITS_PER_CYCLE*LANES-1:0] s1_bits,    // bit j (0 the lowest) of lane l at [j*LANES + l]
    input  wire [LANES*WEIGHT_W-1:0]       s1_weights, // lane l at [l*WEIGHT_W +: WEIGHT_W], signed unless one bit
    // stage 2: what to do with the sum of the bits one cycle earlier
    input  wire                            s2_valid,   // accumulate
    input  wire                            s2_clear,   // start a new accumulation
    input  wire                            s2_negate,  // the top bits were sign bits
    input  wire [SHIFT_W-1:0]              s2_offset,  // position of the lowest bits
    input  wire                            s2_chain,   // add chain_in, the neighbour's sum (TRT's cascade), not the bits'
    input  wire [ACC_W-1:0]                chain_in,
    output wire [ACC_W-1:0]                acc         // signed running sum
);
    generate
        if (LANES < 1) begin : g_shape
            dpr_error_LANES_must_be_at_least_1 u_error ();
        end
        if (P != 8 && P != 16) begin : g_precision
            dpr_error_P_must_be_8_or_16 u_error ();
        end
        if (WEIGHT_W != P && WEIGHT_W != 1) begin : g_weight
            dpr_error_WEIGHT_W_must_be_P_or_1 u_error ();
        end
        if (WEIGHT_W == 1 && BITS_PER_CYCLE != 1) begin : g_serial
            dpr_error_WEIGHT_W_of_1_needs_BITS_PER_CYCLE_of_1 u_error ();
        end
        if (BITS_PER_CYCLE != 1 && BITS_PER_CYCLE != 2 && BITS_PER_CYCLE != 4) begin : g_bits
            dpr_error_BITS_PER_CYCLE_must_be_1_2_or_4 u_error ();
        end
    endgenerate

    localparam SUM_W  = WEIGHT_W + $clog2(LANES) + 1;
    localparam TERM_W = SUM_W + BITS_PER_CYCLE;

    // one tree for each activation bit
    wire [BITS_PER_CYCLE*SUM_W-1:0] sums;
    genvar j;
    generate
        for (j = 0; j < BITS_PER_CYCLE; j = j + 1) begin : g_plane
            wire [SUM_W-1:0] sum;
            if (WEIGHT_W == 1) begin : g_count
                localparam COUNT_W = $clog2(LANES + 1);
                wire [COUNT_W-1:0] count;
                dpr_popcount #(.W(LANES)) u_count (.bits(s1_bits[LANES-1:0] & s1_weights[LANES-1:0]), .count(count));
                assign sum = {{(SUM_W-COUNT_W){1'b0}}, count};
            end else begin : g_tree
                dpr_adder_tree #(.W(WEIGHT_W), .N(LANES)) u_tree (
                    .values(s1_weights), .gates(s1_bits[j*LANES +: LANES]), .sum(sum)
                );
            end
            assign sums[j*SUM_W +: SUM_W] = sum;
        end
    endgenerate

    reg [BITS_PER_CYCLE*SUM_W-1:0] sums_q;
    reg [ACC_W-1:0]                acc_q;

    // the trees' sums at their places; only the top one can be of sign bits
    reg [TERM_W-1:0] term;
    reg [TERM_W-1:0] wide;
    integer          k;
    always @* begin
        term = {TERM_W{1'b0}};
        for (k = 0; k < BITS_PER_CYCLE; k = k + 1) begin
            wide = {{BITS_PER_CYCLE{sums_q[k*SUM_W + SUM_W-1]}}, sums_q[k*SUM_W +: SUM_W]};
            term = term + ((s2_negate && k == BITS_PER_CYCLE - 1 ? -wide : wide) << k);
        end
    end

    wire [ACC_W-1:0] aligned = {{(ACC_W-TERM_W){term[TERM_W-1]}}, term} << s2_offset;

    always @(posedge clk) begin
        if (s1_valid) sums_q <= sums;
        if (s2_valid) acc_q <= (s2_clear ? {ACC_W{1'b0}} : acc_q) + (s2_chain ? chain_in : aligned);
    end

    assign acc = acc_q;
endmodule

`resetall
