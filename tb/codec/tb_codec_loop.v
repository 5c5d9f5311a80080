// SPDX-License-Identifier: Apache-2.0
// Bench of both halves of the codec: groups -> compressor -> decompressor -> groups. The words between them (mid_axis)
// are only watched. The clock comes from cocotb (docs/environment_codec.md).

`default_nettype none

module tb_codec_loop #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 16  // decompression engines
) (
    input  wire                  clk,
    input  wire                  rst,
    // groups in
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [16*P-1:0]       s_axis_tdata,
    input  wire [15:0]           s_axis_tkeep,
    input  wire                  s_axis_tlast,
    input  wire [$clog2(P):0]    s_axis_tuser,
    // descriptors
    input  wire                  s_desc_tvalid,
    output wire                  s_desc_tready,
    input  wire [32+$clog2(P):0] s_desc_tdata,
    // words between the two
    output wire                  mid_axis_tvalid,
    output wire                  mid_axis_tready,
    output wire [63:0]           mid_axis_tdata,
    output wire                  mid_axis_tlast,
    // groups out
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [16*P-1:0]       m_axis_tdata,
    output wire [15:0]           m_axis_tkeep,
    output wire                  m_axis_tlast,
    output wire [2:0]            m_axis_tuser
);

    dpr_compressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_compressor (
        .clk(clk), .rst(rst),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata),
        .s_axis_tkeep(s_axis_tkeep), .s_axis_tlast(s_axis_tlast), .s_axis_tuser(s_axis_tuser),
        .m_axis_tvalid(mid_axis_tvalid), .m_axis_tready(mid_axis_tready), .m_axis_tdata(mid_axis_tdata),
        .m_axis_tlast(mid_axis_tlast)
    );

    dpr_decompressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) u_decompressor (
        .clk(clk), .rst(rst),
        .s_desc_tvalid(s_desc_tvalid), .s_desc_tready(s_desc_tready), .s_desc_tdata(s_desc_tdata),
        .s_axis_tvalid(mid_axis_tvalid), .s_axis_tready(mid_axis_tready), .s_axis_tdata(mid_axis_tdata),
        .s_axis_tlast(mid_axis_tlast),
        .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready), .m_axis_tdata(m_axis_tdata),
        .m_axis_tkeep(m_axis_tkeep), .m_axis_tlast(m_axis_tlast), .m_axis_tuser(m_axis_tuser)
    );

endmodule

`resetall
