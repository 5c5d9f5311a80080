// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/window_sequencer.md. The layer registers come as plusargs, as models/layer_registers.py gives them.
`timescale 1ns / 1ps
`default_nettype none

module wave_window_sequencer;
    reg clk;
    integer cycle, got;
    reg [31:0] height, width, bricks, kernel_h, kernel_w, steps, passes, windows, origin, origin_base, stride, stride_base;
    reg [31:0] last_x, wrap_x, wrap_y, wrap_base, group_passes, position_skip, row_skip, pallet_x, pallet_y, pallet_base;
    initial begin
        clk = 1'b0;
        cycle = -2;
        got = $value$plusargs("height=%d", height) + $value$plusargs("width=%d", width)
            + $value$plusargs("bricks=%d", bricks) + $value$plusargs("kernel_h=%d", kernel_h)
            + $value$plusargs("kernel_w=%d", kernel_w) + $value$plusargs("steps=%d", steps)
            + $value$plusargs("passes=%d", passes) + $value$plusargs("windows=%d", windows)
            + $value$plusargs("origin=%d", origin) + $value$plusargs("origin_base=%d", origin_base)
            + $value$plusargs("stride=%d", stride) + $value$plusargs("stride_base=%d", stride_base)
            + $value$plusargs("last_x=%d", last_x) + $value$plusargs("wrap_x=%d", wrap_x)
            + $value$plusargs("wrap_y=%d", wrap_y) + $value$plusargs("wrap_base=%d", wrap_base) + $value$plusargs("row_skip=%d", row_skip)
            + $value$plusargs("pallet_x=%d", pallet_x) + $value$plusargs("pallet_y=%d", pallet_y)
            + $value$plusargs("pallet_base=%d", pallet_base) + $value$plusargs("group_passes=%d", group_passes)
            + $value$plusargs("position_skip=%d", position_skip);
        if (got != 22) $display("missing registers: %0d of 22", got);
    end
    always #5 clk = !clk;
    always @(posedge clk) cycle <= cycle + 1;

    wire        m_valid, m_first, m_last;
    wire        m_ready = cycle != 7;
    wire [23:0] m_addr;
    wire [3:0]  m_inside;
    wire [9:0]  m_waddr;

    dpr_window_sequencer #(.COLS(4), .ADDR_W(6)) u_dut (
        .clk(clk), .rst(cycle < 0), .start(cycle == 0), .height(height[9:0]), .width(width[9:0]), .bricks(bricks[7:0]),
        .kernel_h(kernel_h[3:0]), .kernel_w(kernel_w[9:0]), .steps(steps[9:0]), .passes(passes[7:0]), .group_passes(group_passes[7:0]),
        .windows(windows[15:0]),
        .origin(origin[9:0]), .origin_base(origin_base[5:0]), .stride(stride[9:0]), .stride_base(stride_base[5:0]),
        .last_x(last_x[9:0]), .wrap_x(wrap_x[9:0]), .wrap_y(wrap_y[9:0]),
        .wrap_base(wrap_base[5:0]), .position_skip(position_skip[5:0]), .row_skip(row_skip[5:0]),
        .pallet_x(pallet_x[9:0]), .pallet_y(pallet_y[9:0]), .pallet_base(pallet_base[5:0]),
        .m_valid(m_valid), .m_ready(m_ready), .m_addr(m_addr), .m_inside(m_inside), .m_first(m_first), .m_last(m_last),
        .m_waddr(m_waddr)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave start=%b m_valid=%b m_ready=%b", cycle == 0, m_valid, m_ready,
                 " addr_0=%0d addr_1=%0d", m_addr[5:0], m_addr[11:6], " addr_2=%0d addr_3=%0d", m_addr[17:12], m_addr[23:18],
                 " m_inside=%b m_first=%b m_last=%b m_waddr=%0d", m_inside, m_first, m_last, m_waddr);

    initial #180 $finish;
endmodule

`resetall
