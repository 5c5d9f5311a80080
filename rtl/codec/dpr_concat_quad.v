// SPDX-License-Identifier: Apache-2.0
// Two levels of the concatenation tree: four segments become one. Two of these levels with a pipeline register between
// them pack the 16 codes of a group.

`default_nettype none

module dpr_concat_quad #(
    parameter W = 16 // capacity of one segment in bits, a power of two
) (
    input  wire [4*W-1:0]             s_data,   // segment i at [i*W +: W]
    input  wire [4*($clog2(W)+1)-1:0] s_length, // length i at [i*LENGTH_W +: LENGTH_W]
    output wire [4*W-1:0]             m_data,
    output wire [$clog2(W)+2:0]       m_length
);

    localparam LENGTH_W = $clog2(W) + 1;

    wire [4*W-1:0]            pair_data;
    wire [2*(LENGTH_W+1)-1:0] pair_length;

    genvar g;
    generate
        for (g = 0; g < 2; g = g + 1) begin : g_pair
            dpr_concat_pair #(.W(W)) u_pair (
                .lo_data  (s_data  [(2*g)*W +: W]),
                .lo_length(s_length[(2*g)*LENGTH_W +: LENGTH_W]),
                .hi_data  (s_data  [(2*g+1)*W +: W]),
                .hi_length(s_length[(2*g+1)*LENGTH_W +: LENGTH_W]),
                .data     (pair_data  [g*2*W +: 2*W]),
                .length   (pair_length[g*(LENGTH_W+1) +: LENGTH_W+1])
            );
        end
    endgenerate

    dpr_concat_pair #(.W(2*W)) u_join (
        .lo_data  (pair_data[0 +: 2*W]),
        .lo_length(pair_length[0 +: LENGTH_W+1]),
        .hi_data  (pair_data[2*W +: 2*W]),
        .hi_length(pair_length[LENGTH_W+1 +: LENGTH_W+1]),
        .data     (m_data),
        .length   (m_length)
    );

endmodule

`resetall
