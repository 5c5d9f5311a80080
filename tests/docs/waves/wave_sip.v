// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/sip.md: weights 7 and -2, signed activations (-3, 1), then (2, -1), three bits each.
`timescale 1ns / 1ps
`default_nettype none

module wave_sip;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -1;
    end
    always #5 clk = !clk;

    // lane 1, lane 0 of each plane, from the sign bit down
    wire [1:0] bits = cycle == 0 ? 2'b01 : cycle == 1 ? 2'b00 : cycle == 2 ? 2'b11
                    : cycle == 3 ? 2'b10 : cycle == 4 ? 2'b11 : 2'b10;
    wire       s1_valid = cycle >= 0 && cycle < 6;
    reg        s2_valid, s2_clear, s2_negate;
    reg  [3:0] s2_offset;
    wire [31:0] acc;
    initial s2_valid = 1'b0;

    always @(posedge clk) begin
        cycle     <= cycle + 1;
        s2_valid  <= s1_valid;
        s2_clear  <= cycle == 0;
        s2_negate <= cycle == 0 || cycle == 3;
        s2_offset <= 4'd2 - cycle % 3;
    end

    dpr_sip #(.P(8), .LANES(2)) u_dut (
        .clk(clk), .s1_valid(s1_valid), .s1_bits(bits), .s1_weights({-8'sd2, 8'sd7}),
        .s2_valid(s2_valid), .s2_clear(s2_clear), .s2_negate(s2_negate), .s2_offset(s2_offset),
        .s2_chain(1'b0), .chain_in(32'd0), .acc(acc)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s1_valid=%b s1_bits=%b sums_q=%0d s2_valid=%b s2_clear=%b s2_negate=%b s2_offset=%0d acc=%0d",
                 s1_valid, bits, $signed(u_dut.sums_q), s2_valid, s2_clear, s2_negate, s2_offset, $signed(acc));

    initial #100 $finish;
endmodule

`resetall
