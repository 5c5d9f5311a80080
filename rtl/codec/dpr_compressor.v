// SPDX-License-Identifier: Apache-2.0
// Compresses groups of 16 values into containers and packs these into 64-bit words (paper, section 4, Fig. 2b, 2c;
// docs/blocks/compressor.md). One group per cycle whenever the output is not the limit.
// Stages: detector and codes | tree 16 -> 4 | tree 4 -> 1 and header | word packer | skid buffer.

`default_nettype none

module dpr_compressor #(
    parameter P        = 16, // bits of a value: 8 or 16
    parameter PREFIX_W = 4,  // bits of the prefix field: clog2(P) to 4
    parameter ALIGN    = 64  // containers start at multiples of this many bits: 64 or 1
) (
    input  wire                 clk,
    input  wire                 rst,
    // groups
    input  wire                 s_axis_tvalid,
    output wire                 s_axis_tready,
    input  wire [16*P-1:0]      s_axis_tdata, // value i at [i*P +: P]
    input  wire [15:0]          s_axis_tkeep, // the values present, contiguous from bit 0; the others count as 0
    input  wire                 s_axis_tlast, // last group of the tensor
    input  wire [$clog2(P):0]   s_axis_tuser, // {n_l, is_signed}
    // words of containers
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire [63:0]          m_axis_tdata,
    output wire                 m_axis_tlast  // last word of the tensor
);

    localparam P_W         = $clog2(P+1);
    localparam CODES_W     = $clog2(16*P+1);
    localparam SEGMENT_W   = P_W + 2; // width of the length of four codes
    localparam HEADER_W    = PREFIX_W + 16;
    localparam CONTAINER_W = (HEADER_W + 16*P + ALIGN - 1) / ALIGN * ALIGN;
    localparam LENGTH_W    = $clog2(CONTAINER_W+1);

    dpr_codec_parameters #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_parameters ();

    // Stage 1: precision, Z and codes of the group.
    wire [P_W-1:0]  p;
    wire [15:0]     z;
    wire [16*P-1:0] codes;

    dpr_group_coder #(.P(P)) u_coder (
        .values(s_axis_tdata), .keep(s_axis_tkeep), .is_signed(s_axis_tuser[0]), .n_l(s_axis_tuser[$clog2(P):1]),
        .p(p), .z(z), .codes(codes)
    );

    wire            coded_valid;
    wire            coded_ready;
    wire [16*P-1:0] coded_codes;
    wire [15:0]     coded_z;
    wire [P_W-1:0]  coded_p;
    wire            coded_last;

    dpr_pipe_stage #(.W(16*P + 16 + P_W + 1)) u_coded (
        .clk(clk), .rst(rst),
        .s_valid(s_axis_tvalid), .s_ready(s_axis_tready), .s_data({codes, z, p, s_axis_tlast}),
        .m_valid(coded_valid), .m_ready(coded_ready), .m_data({coded_codes, coded_z, coded_p, coded_last})
    );

    // Stage 2: 16 codes become 4 segments.
    wire [16*P_W-1:0]      code_length;
    wire [16*P-1:0]        quarter_data;
    wire [4*SEGMENT_W-1:0] quarter_length;

    genvar g;
    generate
        for (g = 0; g < 16; g = g + 1) begin : g_code_length
            assign code_length[g*P_W +: P_W] = coded_p & {P_W{coded_z[g]}};
        end
        for (g = 0; g < 4; g = g + 1) begin : g_quarter
            dpr_concat_quad #(.W(P)) u_quad (
                .s_data(coded_codes[g*4*P +: 4*P]), .s_length(code_length[g*4*P_W +: 4*P_W]),
                .m_data(quarter_data[g*4*P +: 4*P]), .m_length(quarter_length[g*SEGMENT_W +: SEGMENT_W])
            );
        end
    endgenerate

    wire                   packed_valid;
    wire                   packed_ready;
    wire [16*P-1:0]        packed_data;
    wire [4*SEGMENT_W-1:0] packed_length;
    wire [15:0]            packed_z;
    wire [P_W-1:0]         packed_p;
    wire                   packed_last;

    dpr_pipe_stage #(.W(16*P + 4*SEGMENT_W + 16 + P_W + 1)) u_packed (
        .clk(clk), .rst(rst),
        .s_valid(coded_valid), .s_ready(coded_ready),
        .s_data({quarter_data, quarter_length, coded_z, coded_p, coded_last}),
        .m_valid(packed_valid), .m_ready(packed_ready),
        .m_data({packed_data, packed_length, packed_z, packed_p, packed_last})
    );

    // Stage 3: 4 segments become 1; header and length.
    wire [16*P-1:0]        all_codes;
    wire [CODES_W-1:0]     all_length;
    wire [CONTAINER_W-1:0] container;
    wire [LENGTH_W-1:0]    length;

    dpr_concat_quad #(.W(4*P)) u_quad (
        .s_data(packed_data), .s_length(packed_length), .m_data(all_codes), .m_length(all_length)
    );

    dpr_container_builder #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .W(CONTAINER_W)) u_builder (
        .p(packed_p), .z(packed_z), .codes(all_codes), .codes_length(all_length),
        .container(container), .length(length)
    );

    wire                   container_valid;
    wire                   container_ready;
    wire [CONTAINER_W-1:0] container_data;
    wire [LENGTH_W-1:0]    container_length;
    wire                   container_last;

    dpr_pipe_stage #(.W(CONTAINER_W + LENGTH_W + 1)) u_container (
        .clk(clk), .rst(rst),
        .s_valid(packed_valid), .s_ready(packed_ready), .s_data({container, length, packed_last}),
        .m_valid(container_valid), .m_ready(container_ready), .m_data({container_data, container_length, container_last})
    );

    // Stage 4 and output.
    wire        word_valid;
    wire        word_ready;
    wire [63:0] word_data;
    wire        word_last;

    dpr_word_packer #(.ALIGN(ALIGN), .W(CONTAINER_W)) u_packer (
        .clk(clk), .rst(rst),
        .s_valid(container_valid), .s_ready(container_ready),
        .s_data(container_data), .s_length(container_length), .s_last(container_last),
        .m_valid(word_valid), .m_ready(word_ready), .m_data(word_data), .m_last(word_last)
    );

    dpr_skid_buffer #(.W(64 + 1)) u_output (
        .clk(clk), .rst(rst),
        .s_valid(word_valid), .s_ready(word_ready), .s_data({word_last, word_data}),
        .m_valid(m_axis_tvalid), .m_ready(m_axis_tready), .m_data({m_axis_tlast, m_axis_tdata})
    );

endmodule

`resetall
