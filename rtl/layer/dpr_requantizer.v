// SPDX-License-Identifier: Apache-2.0
// From an accumulator to an output value (docs/architecture.md section 7): bias, arithmetic shift, ReLU, saturation, trimming.
// Two register stages; the rounding constant is part of the bias.
`default_nettype none

module dpr_requantizer #(
    parameter P      = 16,  // bits of the output
    parameter ACC_W  = 48,  // bits of the accumulator
    parameter BIAS_W = 32,  // bits of the bias
    // derived: do not override
    parameter OFF_W  = $clog2(P)
) (
    input  wire              clk,
    input  wire [ACC_W-1:0]  acc,    // signed
    input  wire [BIAS_W-1:0] bias,   // signed
    input  wire [5:0]        shift,
    input  wire              relu,   // 1: unsigned result, negative is 0; 0: signed result
    input  wire [OFF_W-1:0]  n_l,    // magnitude bits below are cleared
    output wire [P-1:0]      value   // two cycles after acc
);
    generate
        if (BIAS_W > ACC_W || P > ACC_W) begin : g_widths
            dpr_error_P_and_BIAS_W_must_be_at_most_ACC_W u_error ();
        end
    endgenerate

    reg signed [ACC_W:0] biased_q;
    reg        [P-1:0]   value_q;

    wire signed [ACC_W:0] shifted  = biased_q >>> shift;
    wire                  negative = shifted[ACC_W];
    // the part above the result's magnitude must be a copy of the sign, or the value saturates
    wire fits_unsigned = !(|shifted[ACC_W:P]);
    wire fits_signed   = !(|shifted[ACC_W:P-1]) || (&shifted[ACC_W:P-1]);

    wire [P-1:0] clipped = relu ? (negative ? {P{1'b0}} : fits_unsigned ? shifted[P-1:0] : {P{1'b1}})
                                : (fits_signed ? shifted[P-1:0] : {negative, {(P-1){!negative}}});
    wire [P-1:0] keep    = {P{1'b1}} << n_l;
    wire         minus   = !relu && clipped[P-1];
    wire [P-1:0] kept    = (minus ? -clipped : clipped) & keep;

    always @(posedge clk) begin
        biased_q <= {acc[ACC_W-1], acc} + {{(ACC_W+1-BIAS_W){bias[BIAS_W-1]}}, bias};
        value_q  <= minus ? -kept : kept;
    end

    assign value = value_q;
endmodule

`resetall
