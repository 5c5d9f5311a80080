// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/memories.md: two columns read the bricks 5 and 6; then column 1 is in the padding; brick 6 is
// written anew in the cycle in which both columns read it.
`timescale 1ns / 1ps
`default_nettype none

module wave_activation_memory;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -1;
    end
    always #5 clk = !clk;
    always @(posedge clk) cycle <= cycle + 1;

    wire        w_en   = cycle == 0 || cycle == 1 || cycle == 5;
    wire [2:0]  w_addr = cycle == 0 ? 3'd5 : 3'd6;
    wire [7:0]  w_data = cycle == 0 ? 8'd50 : cycle == 1 ? 8'd60 : 8'd61;
    wire        r_en   = cycle == 2 || cycle == 3 || cycle == 5 || cycle == 6;
    wire [2:0]  addr_0 = cycle < 5 ? 3'd5 : 3'd6;
    wire [1:0]  inside = cycle == 3 ? 2'b01 : 2'b11;
    wire [15:0] r_data;

    dpr_activation_memory #(.COLS(2), .BRICK_W(8), .BRICKS(8)) u_dut (
        .clk(clk), .w_en(w_en), .w_addr(w_addr), .w_data(w_data),
        .r_en(r_en), .r_addr({3'd6, addr_0}), .r_inside(inside), .r_data(r_data)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave w_en=%b w_addr=%0d w_data=%0d r_en=%b addr_0=%0d addr_1=%0d r_inside=%b data_0=%0d data_1=%0d",
                 w_en, w_addr, w_data, r_en, addr_0, 6, inside, r_data[7:0], r_data[15:8]);

    initial #105 $finish;
endmodule

`resetall
