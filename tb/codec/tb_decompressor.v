// SPDX-License-Identifier: Apache-2.0
// Bench of the decompressor: its ports, nothing else. The clock comes from cocotb (docs/environment_codec.md).

`default_nettype none

module tb_decompressor #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 16  // decompression engines
) (
    input  wire                  clk,
    input  wire                  rst,
    // descriptors
    input  wire                  s_desc_tvalid,
    output wire                  s_desc_tready,
    input  wire [32+$clog2(P):0] s_desc_tdata,
    // words
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [63:0]           s_axis_tdata,
    input  wire                  s_axis_tlast,
    // groups
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [16*P-1:0]       m_axis_tdata,
    output wire [15:0]           m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [2:0]            m_axis_tuser
);

    dpr_decompressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) u_decompressor (
        .clk(clk), .rst(rst),
        .s_desc_tvalid(s_desc_tvalid), .s_desc_tready(s_desc_tready), .s_desc_tdata(s_desc_tdata),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata),
        .s_axis_tlast(s_axis_tlast),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tuser(m_axis_tuser)
    );

endmodule

`resetall
