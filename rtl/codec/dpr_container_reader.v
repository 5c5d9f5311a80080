// SPDX-License-Identifier: Apache-2.0
// Reads the container at the head of the bit buffer: header, length, and everything about it that can be judged without
// looking at single codes (docs/architecture.md, section 4). Combinational.

`include "dpr_codec_errors.vh"
`default_nettype none

module dpr_container_reader #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter W        = 276 // bits of the largest container: PREFIX_W + 16 + 16*P
) (
    // the buffer
    input  wire [W-1:0]            bits,
    input  wire [$clog2(W+64)-1:0] fill,
    input  wire                    ended,        // no more bits of this tensor will come
    // the group expected
    input  wire [4:0]              group_length, // values, 1 to 16
    input  wire [$clog2(P)-1:0]    n_l,
    // the container
    output wire                    complete,     // it is all there and its header is good
    output wire                    bad,          // no hope for it: `error` says why; never with complete
    output wire [2:0]              error,
    output wire [$clog2(P+1)-1:0]  p,
    output wire [15:0]             z,
    output wire [16*P-1:0]         codes,        // meaningless above the last code
    output wire [$clog2(W+64)-1:0] length        // in bits, without padding
);

    localparam P_W      = $clog2(P+1);
    localparam HEADER_W = PREFIX_W + 16;
    localparam FILL_W   = $clog2(W+64);
    localparam N_L_W    = $clog2(P);

    wire [PREFIX_W-1:0] prefix = bits[0 +: PREFIX_W];
    assign z     = bits[PREFIX_W +: 16];
    assign codes = bits[HEADER_W +: 16*P];

    wire [PREFIX_W:0] prefix_plus_1 = {1'b0, prefix} + 1'b1;
    assign p = prefix_plus_1[P_W-1:0]; // no more than P unless out of range

    wire [4:0] code_count;
    dpr_popcount #(.W(16)) u_popcount (.bits(z), .count(code_count));

    wire [FILL_W-1:0] codes_length = {{(FILL_W-5){1'b0}}, code_count} * {{(FILL_W-P_W){1'b0}}, p};
    assign length = codes_length + HEADER_W[FILL_W-1:0];

    wire [5:0] top_position    = {{(6-PREFIX_W){1'b0}}, prefix} + {{(6-N_L_W){1'b0}}, n_l};
    wire       out_of_range    = top_position >= P[5:0];
    wire       z_beyond_length = |(z & (16'hffff << group_length));

    wire header_there = fill >= HEADER_W[FILL_W-1:0];
    wire all_there    = header_there && fill >= length;
    wire header_good  = !out_of_range && !z_beyond_length;

    assign complete = all_there && header_good;
    assign bad      = (header_there && !header_good) || (ended && !all_there);
    assign error    = header_there && out_of_range    ? `DPR_ERROR_RANGE
                    : header_there && z_beyond_length ? `DPR_ERROR_Z_BEYOND_LENGTH
                    :                                   `DPR_ERROR_TRUNCATED;

    generate
        if (PREFIX_W >= P_W) begin : g_wide_prefix
            wire unused = &{1'b0, prefix_plus_1[PREFIX_W:P_W]};
        end
    endgenerate

endmodule

`resetall
