// SPDX-License-Identifier: Apache-2.0
// Four segments become one: bit k of the result is the bit of the segment that covers place k, zero behind the last. With this
// for both levels of the tree, and its lengths, the codes of a container stand in index order without gaps.
`default_nettype none

module prove_concat_quad #(
    parameter W = 16 // capacity of one segment in bits
) (
    input wire [4*W-1:0]             s_data,
    input wire [4*($clog2(W)+1)-1:0] s_length,
    input wire [$clog2(W)+1:0]       place // the bit that is looked at
);
    localparam LENGTH_W = $clog2(W) + 1;

    wire [4*W-1:0]      m_data;
    wire [LENGTH_W+1:0] m_length;

    dpr_concat_quad #(.W(W)) dut (.s_data(s_data), .s_length(s_length), .m_data(m_data), .m_length(m_length));

    reg [15:0] start;   // of segment i
    reg        expected, good;
    integer    i;
    always @* begin
        start    = 16'd0;
        expected = 1'b0;
        good     = 1'b1;
        for (i = 0; i < 4; i = i + 1) begin
            good = good && s_length[i*LENGTH_W +: LENGTH_W] <= W && s_data[i*W +: W] >> s_length[i*LENGTH_W +: LENGTH_W] == 0;
            if (place >= start && place < start + s_length[i*LENGTH_W +: LENGTH_W])
                expected = s_data[i*W + (place - start)];
            start = start + s_length[i*LENGTH_W +: LENGTH_W];
        end
    end

    always @* begin
        assume (good); // segments are no longer than they can be, and zero behind their ends
        assert (m_data[place] == expected);
        assert (m_length == start);
        cover (m_length == 4 * W);
        cover (m_length == W + 3 && expected && place == W + 2);
    end
endmodule

`resetall
