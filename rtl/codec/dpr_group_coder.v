// SPDX-License-Identifier: Apache-2.0
// Precision, Z and the 16 codes of a group (paper, Fig. 2b, 2c). Combinational.

`default_nettype none

module dpr_group_coder #(
    parameter P = 16 // bits of a value
) (
    // the group
    input  wire [16*P-1:0]        values, // value i at [i*P +: P]
    input  wire [15:0]            keep,   // the values present; the others count as 0
    input  wire                   is_signed,
    input  wire [$clog2(P)-1:0]   n_l,    // magnitude bits below are dropped
    // its fields
    output wire [$clog2(P+1)-1:0] p,      // bits of a code, 0 when z is 0
    output wire [15:0]            z,      // bit i: value i is not zero
    output wire [16*P-1:0]        codes   // code i at [i*P +: P], below 2^p
);

    wire [16*P-1:0]      present;
    wire [16*P-1:0]      magnitudes;
    wire [15:0]          signs;
    wire [$clog2(P)-1:0] n_h;
    wire [$clog2(P)-1:0] n_l_dynamic;
    wire                 all_zero;

    dpr_precision_detector #(.N(16), .P(P)) u_detector (
        .values(present), .is_signed(is_signed), .n_l(n_l),
        .p(p), .n_h(n_h), .all_zero(all_zero), .n_l_dynamic(n_l_dynamic),
        .magnitudes(magnitudes), .signs(signs)
    );

    genvar g;
    generate
        for (g = 0; g < 16; g = g + 1) begin : g_value
            assign present[g*P +: P] = values[g*P +: P] & {P{keep[g]}};
            dpr_code_former #(.P(P)) u_code_former (
                .magnitude(magnitudes[g*P +: P]), .sign(signs[g]), .is_signed(is_signed), .n_l(n_l),
                .nonzero(z[g]), .code(codes[g*P +: P])
            );
        end
    endgenerate

    wire unused = &{1'b0, n_h, n_l_dynamic, all_zero};

endmodule

`resetall
