// SPDX-License-Identifier: Apache-2.0
// Two's complement to sign and magnitude, the first step of the detector for signed values (paper, section 4).
// The most negative value keeps its full magnitude 2^(P-1): the result has P bits, nothing is lost.

`default_nettype none

module dpr_sign_magnitude #(
    parameter P = 16 // bits of the value
) (
    input  wire [P-1:0] value,
    input  wire         is_signed, // 0: the value is unsigned and passes unchanged
    output wire         sign,      // 1 for a negative value
    output wire [P-1:0] magnitude
);

    assign sign      = is_signed & value[P-1];
    assign magnitude = (value ^ {P{sign}}) + {{(P-1){1'b0}}, sign};

endmodule

`resetall
