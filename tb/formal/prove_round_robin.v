// SPDX-License-Identifier: Apache-2.0
// The index counts the advances since reset (here up to 2^16), modulo N: two of them that advance equally often are equal, which is what keeps
// the decompressor's groups in order.
`default_nettype none

module prove_round_robin #(
    parameter N = 5 // positions
) (
    input wire clk,
    input wire rst,
    input wire advance
);
    wire [(N > 1 ? $clog2(N) : 1)-1:0] index;

    dpr_round_robin #(.N(N)) dut (.clk(clk), .rst(rst), .advance(advance), .index(index));

    reg [15:0] count_q, whole_q;
    always @(posedge clk) begin
        if (rst) begin
            count_q  <= 16'd0;
            whole_q <= 16'd0;
        end else if (advance) begin
            count_q <= count_q + 1;
            if (index == N - 1) whole_q <= whole_q + N;
        end
    end

    wire [15:0] rest = count_q - whole_q; // whole rounds taken off

    always @* if ($initstate) assume (rst);

    always @* if (!$initstate) begin
        assert (index < N);
        assert (rest == index);
        cover (whole_q == N && index == 1);
    end
endmodule

`resetall
