// SPDX-License-Identifier: Apache-2.0
// A counter: the smallest design there is, under the tests that must fail.
// Those tests show that the base test, the runner and the regression notice every way in which a test can be worthless.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module tb_negative (
    input  wire       clk,
    input  wire       rst,
    output wire [7:0] count
);
    reg [7:0] count_q;

    always @(posedge clk)
        if (rst) count_q <= 8'd0;
        else     count_q <= count_q + 8'd1;

    assign count = count_q;
endmodule

`resetall
