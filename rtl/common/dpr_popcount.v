// SPDX-License-Identifier: Apache-2.0
// Number of ones: counts the codes of a container from its non-zero vector Z (paper, Fig. 2b), sums 1-bit products in Loom.
// Neighbouring fields are added, 32 bits at a time: the adder tree of a plain loop, in a tenth of a simulator's operations.

`default_nettype none

module dpr_popcount #(
    parameter W = 16 // width of the input
) (
    input  wire [W-1:0]           bits,
    output wire [$clog2(W+1)-1:0] count // 0 to W
);

    localparam WORDS   = (W + 31) / 32;
    localparam COUNT_W = $clog2(W+1);

    wire [32*WORDS-1:0] padded = {{(32*WORDS-W){1'b0}}, bits};
    reg  [31:0]         pairs, nibbles, bytes, halves, total;

    integer i;
    always @* begin
        total = 32'd0;
        for (i = 0; i < WORDS; i = i + 1) begin
            pairs   = padded[32*i +: 32] - ((padded[32*i +: 32] >> 1) & 32'h55555555);
            nibbles = (pairs & 32'h33333333) + ((pairs >> 2) & 32'h33333333);
            bytes   = (nibbles + (nibbles >> 4)) & 32'h0f0f0f0f;
            halves  = bytes + (bytes >> 8);
            total   = total + {26'd0, halves[5:0]} + {26'd0, halves[21:16]};
        end
    end

    assign count = total[COUNT_W-1:0];

    wire unused = &{1'b0, halves, total};

    generate
        if (W < 1) begin : g_bad_w
            dpr_error_W_must_be_at_least_1 u_error();
        end
    endgenerate

endmodule

`resetall
