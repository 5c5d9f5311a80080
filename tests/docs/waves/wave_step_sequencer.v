// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/step_sequencer.md: Loom, fully connected, four columns. A step of two activation bits and two weight
// bits, then the last one of its pallet: five activation bits, one weight bit; its last bits find the reducer busy.
`timescale 1ns / 1ps
`default_nettype none

module wave_step_sequencer;
    reg clk;
    integer cycle, step;
    initial begin
        clk = 1'b0;
        cycle = -2;
        step = 0;
    end
    always #5 clk = !clk;

    wire       valid, done, send, first, initial_pass, eog, chain, capture, fresh, read, stall_drain, stall_bus;
    wire [2:0] offset, again;
    wire       load        = cycle >= 0 && step < 2 && (!valid || done);
    wire       drain_ready = cycle != 13;

    always @(posedge clk) begin
        cycle <= cycle + 1;
        if (load) step <= step + 1;
    end

    dpr_step_sequencer #(.P(8), .COLS(4)) u_dut (
        .clk(clk), .rst(cycle < 0), .cfg_stagger(1'b1), .cfg_chain(5'd0), .load(load), .load_top(step == 0 ? 3'd1 : 3'd4),
        .load_n_l(3'd0), .load_again(step == 0 ? 3'd1 : 3'd0), .load_last(step == 1), .drain_ready(drain_ready), .valid(valid),
        .done(done), .send(send), .offset(offset), .first(first), .again(again), .initial_pass(initial_pass), .eog(eog),
        .chain(chain), .capture(capture), .fresh(fresh), .read(read), .stall_drain(stall_drain), .stall_bus(stall_bus)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave load=%b drain_ready=%b valid=%b fresh=%b read=%b", load, drain_ready, valid, fresh, read,
                 " send=%b offset=%0d again=%0d first=%b initial_pass=%b", send, offset, again, first, initial_pass,
                 " eog=%b stall_bus=%b stall_drain=%b capture=%b done=%b", eog, stall_bus, stall_drain, capture, done);

    initial #180 $finish;
endmodule

`resetall
