// SPDX-License-Identifier: Apache-2.0
// One value's code and back. For every precision that is enough for the value (what prove_detector proves of a group's), the
// code is below 2^p, and the decoder makes of it, whatever bits follow it in the stream, the value trimmed below n_L towards
// zero, without an error; a trimmed value has no code exactly when it is zero.
`default_nettype none

module prove_code_value #(
    parameter P = 16 // bits of a value
) (
    input wire [P-1:0]           value,
    input wire                   is_signed,
    input wire [$clog2(P)-1:0]   n_l,
    input wire [$clog2(P+1)-1:0] p,
    input wire [P-1:0]           junk // the stream after the code
);
    localparam [31:0] FULL = P;

    wire [P-1:0] magnitude, code, decoded;
    wire         sign, nonzero;
    wire [2:0]   error;

    dpr_sign_magnitude #(.P(P)) u_magnitude (.value(value), .is_signed(is_signed), .sign(sign), .magnitude(magnitude));
    dpr_code_former #(.P(P)) u_former (
        .magnitude(magnitude), .sign(sign), .is_signed(is_signed), .n_l(n_l), .nonzero(nonzero), .code(code)
    );
    dpr_code_decoder #(.P(P)) u_decoder (
        .code(code | junk << p), .p(p), .n_l(n_l), .is_signed(is_signed), .value(decoded), .error(error)
    );

    wire signed [P:0]  number  = {is_signed && value[P-1], value};
    wire signed [P:0]  size    = number < 0 ? -number : number;
    wire        [31:0] kept    = {{(31-P){1'b0}}, size} >> n_l;
    wire signed [P:0]  trimmed = number < 0 ? -((size >> n_l) << n_l) : (size >> n_l) << n_l;

    wire enough = is_signed ? kept == 0 || kept < (32'd1 << p) >> 1 || (p + n_l == FULL && kept <= (32'd1 << p) >> 1)
                            : kept < 32'd1 << p;

    always @* begin
        assume (enough && p + n_l <= FULL && p != 0);
        assert (nonzero == (trimmed != 0));
        assert (code >> p == {P{1'b0}});
        if (nonzero) assert (decoded == trimmed[P-1:0] && error == 3'd0);
        else assert (code == {P{1'b0}});
        cover (nonzero && is_signed && number == -(32'sd1 <<< (P - 1)));
        cover (nonzero && n_l == 3 && p == 4 && sign && junk != 0);
        cover (!nonzero && number < 0);
    end
endmodule

`resetall
