// SPDX-License-Identifier: Apache-2.0
// Expands one code to the value it stands for (docs/architecture.md, section 4). Combinational.

`include "dpr_codec_errors.vh"
`default_nettype none

module dpr_code_decoder #(
    parameter P = 16 // bits of a value
) (
    // the code
    input  wire [P-1:0]           code,  // the bits above the code's p are ignored
    input  wire [$clog2(P+1)-1:0] p,
    input  wire [$clog2(P)-1:0]   n_l,   // p + n_l <= P
    input  wire                   is_signed,
    // its value
    output wire [P-1:0]           value, // meaningless with an error
    output wire [2:0]             error
);

    localparam P_W   = $clog2(P+1);
    localparam N_L_W = $clog2(P);
    localparam [P_W-1:0] FULL_P = P[P_W-1:0];

    wire [P-1:0] masked        = code & ~({P{1'b1}} << p);
    wire         negative      = is_signed && masked[0];
    wire [P-1:0] magnitude     = (is_signed ? masked >> 1 : masked) << n_l;
    wire         zero_code     = masked == 0;
    wire         negative_zero = negative && magnitude == 0;
    wire [P_W-1:0] top         = p + {{(P_W-N_L_W){1'b0}}, n_l};
    wire         full_range    = top == FULL_P; // only there -2^(P-1) has its code

    assign value = negative_zero ? {1'b1, {(P-1){1'b0}}}
                 : negative      ? ~magnitude + 1'b1
                 :                 magnitude;
    assign error = zero_code                     ? `DPR_ERROR_ZERO_CODE
                 : negative_zero && !full_range  ? `DPR_ERROR_NEGATIVE_ZERO
                 :                                 `DPR_ERROR_OK;

endmodule

`resetall
