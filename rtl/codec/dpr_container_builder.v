// SPDX-License-Identifier: Apache-2.0
// Puts a container together: prefix, Z, codes (paper, Fig. 2b; docs/architecture.md, section 4) and the number of bits
// it takes in the stream. Above that length the container is zero: with ALIGN = 64 this is the padding.

`default_nettype none

module dpr_container_builder #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter W        = 320 // bits of the largest container, padding included
) (
    // the group
    input  wire [$clog2(P+1)-1:0]    p,            // 0: all values are zero
    input  wire [15:0]               z,            // bit i: value i has a code
    input  wire [16*P-1:0]           codes,        // packed, zero above codes_length
    input  wire [$clog2(16*P+1)-1:0] codes_length, // in bits
    // its container
    output wire [W-1:0]              container,    // first bit of the stream in bit 0
    output wire [$clog2(W+1)-1:0]    length        // in bits, a multiple of ALIGN
);

    localparam P_W      = $clog2(P+1);
    localparam HEADER_W = PREFIX_W + 16;
    localparam CODES_W  = $clog2(16*P+1);
    localparam LENGTH_W = $clog2(W+1);
    localparam integer ROUND_UP = HEADER_W + ALIGN - 1;

    // p is at most P, so p - 1 fits PREFIX_W bits; the all-zero group writes 0.
    wire [P_W-1:0]      prefix = p == {P_W{1'b0}} ? p : p - 1'b1;
    wire [LENGTH_W-1:0] end_of_container = {{(LENGTH_W-CODES_W){1'b0}}, codes_length} + ROUND_UP[LENGTH_W-1:0];

    generate
        if (PREFIX_W < P_W) begin : g_prefix
            assign container = {{(W-HEADER_W-16*P){1'b0}}, codes, z, prefix[PREFIX_W-1:0]};
            wire unused = &{1'b0, prefix[P_W-1:PREFIX_W]};
        end else begin : g_wide_prefix
            assign container = {{(W-HEADER_W-16*P){1'b0}}, codes, z, {(PREFIX_W-P_W){1'b0}}, prefix};
        end
        if (ALIGN == 1) begin : g_packed
            assign length = end_of_container;
        end else begin : g_aligned
            assign length = {end_of_container[LENGTH_W-1:6], 6'd0};
            wire unused = &{1'b0, end_of_container[5:0]};
        end
    endgenerate

endmodule

`resetall
