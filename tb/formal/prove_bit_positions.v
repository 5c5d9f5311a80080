// SPDX-License-Identifier: Apache-2.0
// Leading one, trailing one and number of ones, each against its definition: no bit above the leading one is set and it is
// itself; the count is the sum of the bits.
`default_nettype none

module prove_bit_positions #(
    parameter W = 16 // width of the input
) (
    input wire [W-1:0] bits
);
    localparam POSITION_W = $clog2(W);
    localparam COUNT_W    = $clog2(W + 1);

    wire [POSITION_W-1:0] leading, trailing;
    wire                  any;
    wire [COUNT_W-1:0]    count;

    dpr_leading_one #(.W(W)) u_leading (.bits(bits), .position(leading), .any(any));
    dpr_trailing_one #(.W(W)) u_trailing (.bits(bits), .position(trailing));
    dpr_popcount #(.W(W)) u_count (.bits(bits), .count(count));

    reg [COUNT_W-1:0] sum;
    integer           i;
    always @* begin
        sum = {COUNT_W{1'b0}};
        for (i = 0; i < W; i = i + 1)
            sum = sum + {{(COUNT_W-1){1'b0}}, bits[i]};
    end

    always @* begin
        assert (any == (bits != {W{1'b0}}));
        assert (count == sum);
        if (any) begin
            assert ((bits >> leading) == {{(W-1){1'b0}}, 1'b1});
            assert ((bits & (~bits + 1'b1)) == {{(W-1){1'b0}}, 1'b1} << trailing);
        end else begin
            assert (leading == {POSITION_W{1'b0}} && trailing == {POSITION_W{1'b0}});
        end
        cover (!any);
        cover (leading == W - 1 && trailing == {POSITION_W{1'b0}} && count == 3);
        cover (count == W);
    end
endmodule

`resetall
