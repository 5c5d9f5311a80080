// SPDX-License-Identifier: Apache-2.0
// The second wave of docs/blocks/sip.md: the operands of the first one, two bits a cycle. Three bits take two cycles.
`timescale 1ns / 1ps
`default_nettype none

module wave_sip_chunks;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -1;
    end
    always #5 clk = !clk;

    // lanes 1, 0 of the upper bit, then of the lower one; the upper bit of the first chunk repeats the sign
    wire [3:0] bits = cycle == 0 ? 4'b0101 : cycle == 1 ? 4'b0011 : cycle == 2 ? 4'b1010 : 4'b1110;
    wire       s1_valid = cycle >= 0 && cycle < 4;
    reg        s2_valid, s2_clear, s2_negate;
    reg  [3:0] s2_offset;
    wire [31:0] acc;
    initial s2_valid = 1'b0;

    always @(posedge clk) begin
        cycle     <= cycle + 1;
        s2_valid  <= s1_valid;
        s2_clear  <= cycle == 0;
        s2_negate <= cycle == 0 || cycle == 2;
        s2_offset <= cycle % 2 == 0 ? 4'd2 : 4'd0;
    end

    dpr_sip #(.P(8), .LANES(2), .BITS_PER_CYCLE(2)) u_dut (
        .clk(clk), .s1_valid(s1_valid), .s1_bits(bits), .s1_weights({-8'sd2, 8'sd7}),
        .s2_valid(s2_valid), .s2_clear(s2_clear), .s2_negate(s2_negate), .s2_offset(s2_offset),
        .s2_chain(1'b0), .chain_in(32'd0), .acc(acc)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s1_valid=%b upper=%b lower=%b sum_1=%0d sum_0=%0d s2_valid=%b s2_negate=%b s2_offset=%0d acc=%0d",
                 s1_valid, bits[3:2], bits[1:0], $signed(u_dut.sums_q[19:10]), $signed(u_dut.sums_q[9:0]), s2_valid,
                 s2_negate, s2_offset, $signed(acc));

    initial #80 $finish;
endmodule

`resetall
