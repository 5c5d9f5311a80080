// SPDX-License-Identifier: Apache-2.0
// Decompresses containers to groups of 16 values: a distributor, ENGINES serial engines, a collector (paper, section 4,
// Fig. 2a; docs/blocks/decompressor.md). ENGINES values per cycle while the input supplies 64 bits per cycle.

`default_nettype none

module dpr_decompressor #(
    parameter P        = 16, // bits of a value: 8 or 16
    parameter PREFIX_W = 4,  // bits of the prefix field: clog2(P) to 4
    parameter ALIGN    = 64, // containers start at multiples of this many bits: 64 or 1
    parameter ENGINES  = 16  // decompression engines: 1 to 16
) (
    input  wire                  clk,
    input  wire                  rst,
    // descriptors, one a tensor
    input  wire                  s_desc_tvalid,
    output wire                  s_desc_tready,
    input  wire [32+$clog2(P):0] s_desc_tdata,  // {n_l, is_signed, count[31:0]}
    // words of containers
    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [63:0]           s_axis_tdata,
    input  wire                  s_axis_tlast,  // last word of the tensor
    // groups
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [16*P-1:0]       m_axis_tdata,  // value i at [i*P +: P]
    output wire [15:0]           m_axis_tkeep,  // the values present, contiguous from bit 0
    output wire                  m_axis_tlast,  // last beat of the tensor
    output wire [2:0]            m_axis_tuser   // error code (dpr_codec_errors.vh), with tlast only
);

    localparam P_W   = $clog2(P+1);
    localparam N_L_W = $clog2(P);

    dpr_codec_parameters #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) u_parameters ();

    wire             desc_valid;
    wire             desc_ready;
    wire [31:0]      desc_count;
    wire             desc_is_signed;
    wire [N_L_W-1:0] desc_n_l;

    dpr_skid_buffer #(.W(33 + N_L_W)) u_descriptors (
        .clk(clk), .rst(rst),
        .s_valid(s_desc_tvalid), .s_ready(s_desc_tready), .s_data(s_desc_tdata),
        .m_valid(desc_valid), .m_ready(desc_ready), .m_data({desc_n_l, desc_is_signed, desc_count})
    );

    wire        word_valid;
    wire        word_ready;
    wire [63:0] word_data;
    wire        word_last;

    dpr_skid_buffer #(.W(64 + 1)) u_words (
        .clk(clk), .rst(rst),
        .s_valid(s_axis_tvalid), .s_ready(s_axis_tready), .s_data({s_axis_tlast, s_axis_tdata}),
        .m_valid(word_valid), .m_ready(word_ready), .m_data({word_last, word_data})
    );

    // One packet bus, offered to the engine whose turn it is.
    wire             packet_valid;
    wire             packet_ready;
    wire [16*P-1:0]  packet_codes;
    wire [15:0]      packet_z;
    wire [P_W-1:0]   packet_p;
    wire [N_L_W-1:0] packet_n_l;
    wire             packet_is_signed;
    wire [4:0]       packet_length;
    wire             packet_last;
    wire [2:0]       packet_error;

    dpr_distributor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_distributor (
        .clk(clk), .rst(rst),
        .desc_valid(desc_valid), .desc_ready(desc_ready),
        .desc_count(desc_count), .desc_is_signed(desc_is_signed), .desc_n_l(desc_n_l),
        .s_valid(word_valid), .s_ready(word_ready), .s_data(word_data), .s_last(word_last),
        .m_valid(packet_valid), .m_ready(packet_ready),
        .m_codes(packet_codes), .m_z(packet_z), .m_p(packet_p), .m_n_l(packet_n_l), .m_is_signed(packet_is_signed),
        .m_length(packet_length), .m_last(packet_last), .m_error(packet_error)
    );

    wire [(ENGINES > 1 ? $clog2(ENGINES) : 1)-1:0] turn;
    wire [ENGINES-1:0] engine_valid = {{(ENGINES-1){1'b0}}, packet_valid} << turn;
    wire [ENGINES-1:0] engine_ready;
    assign packet_ready = engine_ready[turn];

    dpr_round_robin #(.N(ENGINES)) u_turn (
        .clk(clk), .rst(rst), .advance(packet_valid && packet_ready), .index(turn)
    );

    wire [ENGINES-1:0]      group_valid;
    wire [ENGINES-1:0]      group_ready;
    wire [ENGINES*16*P-1:0] group_values;
    wire [ENGINES*16-1:0]   group_keep;
    wire [ENGINES-1:0]      group_last;
    wire [ENGINES*3-1:0]    group_error;

    genvar g;
    generate
        for (g = 0; g < ENGINES; g = g + 1) begin : g_engine
            dpr_decompress_engine #(.P(P)) u_engine (
                .clk(clk), .rst(rst),
                .s_valid(engine_valid[g]), .s_ready(engine_ready[g]),
                .s_codes(packet_codes), .s_z(packet_z), .s_p(packet_p), .s_n_l(packet_n_l),
                .s_is_signed(packet_is_signed), .s_length(packet_length), .s_last(packet_last), .s_error(packet_error),
                .m_valid(group_valid[g]), .m_ready(group_ready[g]),
                .m_values(group_values[g*16*P +: 16*P]), .m_keep(group_keep[g*16 +: 16]),
                .m_last(group_last[g]), .m_error(group_error[g*3 +: 3])
            );
        end
    endgenerate

    wire            out_valid;
    wire            out_ready;
    wire [16*P-1:0] out_values;
    wire [15:0]     out_keep;
    wire            out_last;
    wire [2:0]      out_error;

    dpr_collector #(.P(P), .ENGINES(ENGINES)) u_collector (
        .clk(clk), .rst(rst),
        .s_valid(group_valid), .s_ready(group_ready), .s_values(group_values), .s_keep(group_keep),
        .s_last(group_last), .s_error(group_error),
        .m_valid(out_valid), .m_ready(out_ready), .m_values(out_values), .m_keep(out_keep),
        .m_last(out_last), .m_error(out_error)
    );

    dpr_skid_buffer #(.W(16*P + 16 + 1 + 3)) u_output (
        .clk(clk), .rst(rst),
        .s_valid(out_valid), .s_ready(out_ready), .s_data({out_values, out_keep, out_last, out_error}),
        .m_valid(m_axis_tvalid), .m_ready(m_axis_tready),
        .m_data({m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tuser})
    );

endmodule

`resetall
