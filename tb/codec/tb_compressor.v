// SPDX-License-Identifier: Apache-2.0
// Bench of the compressor: its ports, nothing else. The clock comes from cocotb (docs/environment_codec.md).

`default_nettype none

module tb_compressor #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64  // containers start at multiples of this many bits
) (
    input  wire               clk,
    input  wire               rst,
    // groups
    input  wire               s_axis_tvalid,
    output wire               s_axis_tready,
    input  wire [16*P-1:0]    s_axis_tdata,
    input  wire [15:0]        s_axis_tkeep,
    input  wire               s_axis_tlast,
    input  wire [$clog2(P):0] s_axis_tuser,
    // words
    output wire               m_axis_tvalid,
    input  wire               m_axis_tready,
    output wire [63:0]        m_axis_tdata,
    output wire               m_axis_tlast
);

    dpr_compressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_compressor (
        .clk(clk), .rst(rst),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata),
        .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast), .s_axis_tuser(s_axis_tuser),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tdata(m_axis_tdata),
        .m_axis_tlast(m_axis_tlast)
    );

endmodule

`resetall
