// SPDX-License-Identifier: Apache-2.0
// The wave of docs/blocks/running_max.md: a column of two SIPs pools a window of three steps of two channels.
`timescale 1ns / 1ps
`default_nettype none

module wave_running_max;
    reg clk;
    integer cycle;
    initial begin
        clk = 1'b0;
        cycle = -2;
    end
    always #5 clk = !clk;
    always @(posedge clk) cycle <= cycle + 1;

    // steps (channel 0, channel 1): (2, 1), (1, 3), (0, 2); two bits each, the upper one first
    wire        valid = cycle >= 0 && cycle < 6;
    wire        lower = cycle % 2 == 1;
    wire [1:0]  bits  = cycle == 0 ? 2'b01 : cycle == 1 ? 2'b10 : cycle == 2 ? 2'b10 : cycle == 3 ? 2'b11
                      : cycle == 4 ? 2'b10 : 2'b00;
    wire        m_valid;
    wire [63:0] m_sums;

    dpr_sip_column #(.P(8), .ROWS(2), .LANES(2), .MAX_POOL(1)) u_dut (
        .clk(clk), .rst(cycle < 0), .s_valid(valid), .s_bits(bits), .s_offset(lower ? 4'd0 : 4'd1), .s_negate(1'b0),
        .s_clear(!lower), .s_chain(1'b0), .s_compare(lower), .s_restart(cycle < 2), .s_capture(cycle == 5),
        .s_weights({8'd1, 8'd0, 8'd0, 8'd1}), .chain_in(64'd0), .m_valid(m_valid), .m_sums(m_sums)
    );

    always @(negedge clk) if (cycle >= 0)
        $display("wave s_valid=%b s_bits=%b s_offset=%0d s_clear=%b s_compare=%b", valid, bits, !lower, !lower, lower,
                 " compare=%b restart=%b", u_dut.s3_compare_q, u_dut.s3_restart_q,
                 " value_0=%0d value_1=%0d", u_dut.g_row[0].acc, u_dut.g_row[1].acc,
                 " best_0=%0d best_1=%0d", u_dut.g_row[0].g_max.u_max.best_q, u_dut.g_row[1].g_max.u_max.best_q,
                 " m_valid=%b largest_0=%0d largest_1=%0d", m_valid, m_sums[31:0], m_sums[63:32]);

    initial #130 $finish;
endmodule

`resetall
