// SPDX-License-Identifier: Apache-2.0
// Serial inner-product unit (paper section 5.2, Fig. 3c). Each cycle it multiplies one bit of LANES activations by LANES
// P-bit weights, sums the products, shifts the sum to the bit's position and accumulates it. The sign bit of signed
// activations has negative weight in two's complement: that cycle's sum is subtracted.
// Stage 1 registers the adder tree; the stage 2 controls arrive one cycle after their bits.
`default_nettype none

module dpr_sip #(
    parameter P     = 16,  // maximum precision in bits
    parameter LANES = 16,  // products per cycle
    // derived: do not override
    parameter OFF_W = $clog2(P),
    parameter ACC_W = 2 * P + 16  // 2^16 products of P x P bits never overflow
) (
    input  wire                 clk,
    // stage 1: the operands
    input  wire                 s1_valid,   // the operands are good
    input  wire [LANES-1:0]     s1_bits,    // one bit of each activation, lane l at [l]
    input  wire [LANES*P-1:0]   s1_weights, // signed weights, lane l at [l*P +: P]
    // stage 2: what to do with the sum of the bits one cycle earlier
    input  wire                 s2_valid,   // accumulate
    input  wire                 s2_clear,   // start a new accumulation
    input  wire                 s2_negate,  // the bits were sign bits
    input  wire [OFF_W-1:0]     s2_offset,  // position of the bits
    output wire [ACC_W-1:0]     acc         // signed running sum
);
    generate
        if (LANES < 1) begin : g_shape
            dpr_error_LANES_must_be_at_least_1 u_error ();
        end
        if (P != 8 && P != 16) begin : g_precision
            dpr_error_P_must_be_8_or_16 u_error ();
        end
    endgenerate

    localparam SUM_W = P + $clog2(LANES) + 1;

    reg signed [SUM_W-1:0] sum;
    reg signed [SUM_W-1:0] sum_q;
    reg        [ACC_W-1:0] acc_q;
    integer                lane;

    // 1-bit by P-bit products are AND gates; a flat loop synthesises to the same tree as a hand-built one
    always @* begin
        sum = {SUM_W{1'b0}};
        for (lane = 0; lane < LANES; lane = lane + 1)
            sum = sum + ({SUM_W{s1_bits[lane]}}
                         & {{(SUM_W-P){s1_weights[lane*P+P-1]}}, s1_weights[lane*P +: P]});
    end

    wire signed [SUM_W-1:0] term    = s2_negate ? -sum_q : sum_q;
    wire        [ACC_W-1:0] aligned = {{(ACC_W-SUM_W){term[SUM_W-1]}}, term} << s2_offset;

    always @(posedge clk) begin
        if (s1_valid) sum_q <= sum;
        if (s2_valid) acc_q <= (s2_clear ? {ACC_W{1'b0}} : acc_q) + aligned;
    end

    assign acc = acc_q;
endmodule

`resetall
