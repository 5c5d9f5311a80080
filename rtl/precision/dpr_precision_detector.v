// SPDX-License-Identifier: Apache-2.0
// Precision of a group of N values (paper, Fig. 2c): sign-magnitude conversion, one OR tree per bit position and a
// leading-one detector. Combinational. A group of signed values always pays for its sign bit; magnitude bits below
// n_l count as dropped (docs/architecture.md, section 3).

`default_nettype none

module dpr_precision_detector #(
    parameter N = 16, // values in the group
    parameter P = 16  // bits of a value: 8 or 16
) (
    // the group
    input  wire [N*P-1:0]         values,      // value i at [i*P +: P]
    input  wire                   is_signed,
    input  wire [$clog2(P)-1:0]   n_l,         // lowest bit position that is kept, from the layer's profile
    // its precision
    output wire [$clog2(P+1)-1:0] p,           // bits of a code, 0 when all_zero
    output wire [$clog2(P)-1:0]   n_h,         // highest bit position, the sign's when signed; n_l when all_zero
    output wire                   all_zero,    // every value is zero once trimmed
    output wire [$clog2(P)-1:0]   n_l_dynamic, // observation: lowest bit set in any magnitude before trimming
    // its values
    output wire [N*P-1:0]         magnitudes,  // not trimmed, magnitude i at [i*P +: P]
    output wire [N-1:0]           signs
);

    localparam POSITION_W = $clog2(P);
    localparam P_W        = $clog2(P+1);
    localparam [POSITION_W-1:0] TOP = P[POSITION_W-1:0] - 1'b1; // position of a value's top bit (P is a power of two)

    genvar g;
    generate
        for (g = 0; g < N; g = g + 1) begin : g_value
            dpr_sign_magnitude #(.P(P)) u_sign_magnitude (
                .value(values[g*P +: P]), .is_signed(is_signed), .sign(signs[g]), .magnitude(magnitudes[g*P +: P])
            );
        end
    endgenerate

    // One OR tree per bit position: synthesis balances the loop.
    reg [P-1:0] any_bit;
    integer i;
    always @* begin
        any_bit = {P{1'b0}};
        for (i = 0; i < N; i = i + 1)
            any_bit = any_bit | magnitudes[i*P +: P];
    end

    dpr_trailing_one #(.W(P)) u_trailing_one (.bits(any_bit), .position(n_l_dynamic));

    wire [POSITION_W-1:0] leading;
    wire                  any;
    dpr_leading_one #(.W(P)) u_leading_one (.bits(any_bit & ({P{1'b1}} << n_l)), .position(leading), .any(any));

    // The sign sits one position above the magnitude, but never above the top bit: that is the most negative value.
    wire sign_position = is_signed && leading != TOP;

    assign all_zero = !any;
    assign n_h      = any ? leading + {{(POSITION_W-1){1'b0}}, sign_position} : n_l;
    assign p        = any ? {{(P_W-POSITION_W){1'b0}}, n_h - n_l} + 1'b1 : {P_W{1'b0}};

    generate
        if (P != 8 && P != 16) begin : g_bad_p
            dpr_error_P_must_be_8_or_16 u_error();
        end
        if (N < 1) begin : g_bad_n
            dpr_error_N_must_be_at_least_1 u_error();
        end
    endgenerate

endmodule

`resetall
