// SPDX-License-Identifier: Apache-2.0
// A node of the concatenation tree puts segment hi behind segment lo: bit k of the result is lo's below lo's length, then hi's,
// then zero. By this for its nodes a tree puts all its segments in order without gaps.
`default_nettype none

module prove_concat_pair #(
    parameter W = 128 // capacity of one segment in bits
) (
    input wire [W-1:0]       lo_data,
    input wire [$clog2(W):0] lo_length,
    input wire [W-1:0]       hi_data,
    input wire [$clog2(W):0] hi_length,
    input wire [$clog2(W):0] place // the bit that is looked at
);
    wire [2*W-1:0]       data;
    wire [$clog2(W)+1:0] length;

    dpr_concat_pair #(.W(W)) dut (
        .lo_data(lo_data), .lo_length(lo_length), .hi_data(hi_data), .hi_length(hi_length), .data(data), .length(length)
    );

    wire [$clog2(W):0] behind   = place - lo_length;
    wire               expected = place < lo_length ? lo_data[place] : behind < hi_length && hi_data[behind];

    always @* begin
        // segments are no longer than they can be, and zero behind their ends
        assume (lo_length <= W && hi_length <= W);
        assume (lo_data >> lo_length == 0 && hi_data >> hi_length == 0);
        assert (data[place] == expected);
        assert (length == {1'b0, lo_length} + {1'b0, hi_length});
        cover (length == 2 * W);
        cover (length == W + 3 && expected && place == W + 2 && lo_length == 5);
    end
endmodule

`resetall
