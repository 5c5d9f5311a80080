// SPDX-License-Identifier: Apache-2.0
// The legal parameters of the codec, checked in one place: any other set fails elaboration by a module name that says
// why. The module has no hardware.

`default_nettype none

module dpr_codec_parameters #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 16  // decompression engines; the compressor has none and leaves the default
) ();

    generate
        if (P != 8 && P != 16) begin : g_bad_p
            dpr_error_P_must_be_8_or_16 u_error();
        end
        if (PREFIX_W < $clog2(P) || PREFIX_W > 4) begin : g_bad_prefix_w
            dpr_error_PREFIX_W_must_be_clog2_P_to_4 u_error();
        end
        if (ALIGN != 1 && ALIGN != 64) begin : g_bad_align
            dpr_error_ALIGN_must_be_1_or_64 u_error();
        end
        if (ENGINES < 1 || ENGINES > 16) begin : g_bad_engines
            dpr_error_ENGINES_must_be_1_to_16 u_error();
        end
    endgenerate

endmodule

`resetall
