// SPDX-License-Identifier: Apache-2.0
// Bit-parallel inner-product unit of BASE (paper section 5.1, Fig. 3a): LANES products of P x P bits a cycle, summed and accumulated.
// Everything moves in cycles with en, so that a full output can hold the pipeline.
`default_nettype none

module dpr_ip #(
    parameter P     = 16,  // bits of an operand
    parameter LANES = 16,  // products per cycle
    // derived: do not override
    parameter ACC_W = 2 * P + 16  // 2^16 products never overflow
) (
    input  wire               clk,
    input  wire               en,
    // stage 1: the operands
    input  wire [LANES*P-1:0] s1_acts,      // lane l at [l*P +: P]
    input  wire               s1_is_signed, // the activations are
    input  wire [LANES*P-1:0] s1_weights,   // signed, lane l at [l*P +: P]
    // stage 2: the products of the operands one moving cycle earlier
    input  wire               s2_valid,
    input  wire               s2_clear,     // start a new accumulation
    output wire [ACC_W-1:0]   acc           // signed running sum
);
    generate
        if (LANES < 1) begin : g_shape
            dpr_error_LANES_must_be_at_least_1 u_error ();
        end
        if (P != 8 && P != 16) begin : g_precision
            dpr_error_P_must_be_8_or_16 u_error ();
        end
    endgenerate

    localparam PRODUCT_W = 2 * P + 1;
    localparam SUM_W     = PRODUCT_W + $clog2(LANES);

    reg signed [SUM_W-1:0]     sum, sum_q;
    reg signed [P:0]           act;
    reg signed [P-1:0]         weight;
    reg signed [PRODUCT_W-1:0] product;
    reg        [ACC_W-1:0]     acc_q;
    integer                    lane;

    always @* begin
        sum = {SUM_W{1'b0}};
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            act     = {s1_is_signed && s1_acts[lane*P + P-1], s1_acts[lane*P +: P]};
            weight  = s1_weights[lane*P +: P];
            product = act * weight;
            sum     = sum + {{(SUM_W-PRODUCT_W){product[PRODUCT_W-1]}}, product};
        end
    end

    always @(posedge clk) if (en) begin
        sum_q <= sum;
        if (s2_valid) acc_q <= (s2_clear ? {ACC_W{1'b0}} : acc_q) + {{(ACC_W-SUM_W){sum_q[SUM_W-1]}}, sum_q};
    end

    assign acc = acc_q;
endmodule

`resetall
