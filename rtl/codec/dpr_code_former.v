// SPDX-License-Identifier: Apache-2.0
// One value's code and its bit of Z (paper, section 4: the sign goes to the least significant place).
// -2^(P-1) is the only signed value with the top magnitude bit: dropping that bit leaves code 1, "negative zero".

`default_nettype none

module dpr_code_former #(
    parameter P = 16 // bits of a value
) (
    input  wire [P-1:0]         magnitude,
    input  wire                 sign,
    input  wire                 is_signed,
    input  wire [$clog2(P)-1:0] n_l,     // magnitude bits below are dropped
    output wire                 nonzero, // the trimmed value is not zero
    output wire [P-1:0]         code     // 0 when not nonzero
);

    wire [P-1:0] shifted = {magnitude[P-1] & ~is_signed, magnitude[P-2:0]} >> n_l;

    assign nonzero = |(magnitude >> n_l);
    assign code    = is_signed ? {shifted[P-2:0], sign & nonzero} : shifted;

endmodule

`resetall
