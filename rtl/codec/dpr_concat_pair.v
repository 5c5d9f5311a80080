// SPDX-License-Identifier: Apache-2.0
// A node of the concatenation tree: appends segment `hi` to segment `lo`, whose lengths vary from 0 to W bits.
// The bits of a segment at and above its length are zero, in the inputs and in the output.

`default_nettype none

module dpr_concat_pair #(
    parameter W = 16 // capacity of one segment in bits, a power of two
) (
    input  wire [W-1:0]         lo_data,
    input  wire [$clog2(W):0]   lo_length,
    input  wire [W-1:0]         hi_data,
    input  wire [$clog2(W):0]   hi_length,
    output wire [2*W-1:0]       data,
    output wire [$clog2(W)+1:0] length
);

    assign data   = {{W{1'b0}}, lo_data} | ({{W{1'b0}}, hi_data} << lo_length);
    assign length = {1'b0, lo_length} + {1'b0, hi_length};

endmodule

`resetall
