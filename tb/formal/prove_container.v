// SPDX-License-Identifier: Apache-2.0
// A group's way through a container, without registers: coder, concatenation tree and builder as the compressor connects them,
// then the decompressor's reader and the steps of its engine one after the other. The values come back, trimmed below n_L
// towards zero, and no check of the reader or the decoder finds an error. The container is padded with zeros and has the
// length that the reader finds.
`default_nettype none

module prove_container #(
    parameter P        = 8,  // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64  // containers start at multiples of this many bits
) (
    input wire [16*P-1:0]      values,
    input wire [4:0]           count, // values of the group
    input wire                 is_signed,
    input wire [$clog2(P)-1:0] n_l
);
    localparam P_W         = $clog2(P + 1);
    localparam LENGTH_W    = P_W + 2;
    localparam HEADER_W    = PREFIX_W + 16;
    localparam MOST        = HEADER_W + 16*P;
    localparam CONTAINER_W = (MOST + ALIGN - 1) / ALIGN * ALIGN;
    localparam FILL_W      = $clog2(MOST + 64);

    wire [15:0] keep = ~(16'hffff << count);

    // compressor
    wire [P_W-1:0]                 p;
    wire [15:0]                    z;
    wire [16*P-1:0]                codes, quarters, all_codes;
    wire [16*P_W-1:0]              code_length;
    wire [4*LENGTH_W-1:0]          quarter_length;
    wire [$clog2(16*P+1)-1:0]      all_length;
    wire [CONTAINER_W-1:0]         container;
    wire [$clog2(CONTAINER_W+1)-1:0] length;

    dpr_group_coder #(.P(P)) u_coder (
        .values(values), .keep(keep), .is_signed(is_signed), .n_l(n_l), .p(p), .z(z), .codes(codes)
    );
    genvar g;
    generate
        for (g = 0; g < 16; g = g + 1) begin : g_length
            assign code_length[g*P_W +: P_W] = z[g] ? p : {P_W{1'b0}};
        end
        for (g = 0; g < 4; g = g + 1) begin : g_quarter
            dpr_concat_quad #(.W(P)) u_quad (
                .s_data(codes[g*4*P +: 4*P]), .s_length(code_length[g*4*P_W +: 4*P_W]),
                .m_data(quarters[g*4*P +: 4*P]), .m_length(quarter_length[g*LENGTH_W +: LENGTH_W])
            );
        end
    endgenerate
    dpr_concat_quad #(.W(4*P)) u_quad (
        .s_data(quarters), .s_length(quarter_length), .m_data(all_codes), .m_length(all_length)
    );
    dpr_container_builder #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .W(CONTAINER_W)) u_builder (
        .p(p), .z(z), .codes(all_codes), .codes_length(all_length), .container(container), .length(length)
    );

    // decompressor
    wire              complete, bad;
    wire [2:0]        header_error;
    wire [P_W-1:0]    read_p;
    wire [15:0]       read_z;
    wire [16*P-1:0]   read_codes;
    wire [FILL_W-1:0] read_length;

    dpr_container_reader #(.P(P), .PREFIX_W(PREFIX_W), .W(MOST)) u_reader (
        .bits(container[MOST-1:0]), .fill(length[FILL_W-1:0]), .ended(1'b1), .group_length(count), .n_l(n_l),
        .complete(complete), .bad(bad), .error(header_error), .p(read_p), .z(read_z), .codes(read_codes), .length(read_length)
    );

    wire [17*16*P-1:0] rest; // the codes from value i's on
    wire [15:0]        lane_good;
    assign rest[0 +: 16*P] = read_codes;
    generate
        for (g = 0; g < 16; g = g + 1) begin : g_step
            wire [P-1:0] value;
            wire [2:0]   error;
            dpr_code_decoder #(.P(P)) u_decoder (
                .code(rest[g*16*P +: P]), .p(read_p), .n_l(n_l), .is_signed(is_signed), .value(value), .error(error)
            );
            assign rest[(g+1)*16*P +: 16*P] = read_z[g] ? rest[g*16*P +: 16*P] >> read_p : rest[g*16*P +: 16*P];

            // the value as it must come back, trimmed by shifts of a number with sign
            wire signed [P:0]   number    = {is_signed && values[g*P + P-1], values[g*P +: P]};
            wire signed [P:0]   magnitude = number < 0 ? -number : number;
            wire signed [P:0]   trimmed   = (magnitude >>> n_l) << n_l;
            wire signed [P:0]   wanted    = number < 0 ? -trimmed : trimmed;
            wire        [P-1:0] expected  = keep[g] ? wanted[P-1:0] : {P{1'b0}};
            assign lane_good[g] = read_z[g] ? value == expected && error == 3'd0 : expected == {P{1'b0}};
        end
    endgenerate

    always @* begin
        assume (count >= 5'd1 && count <= 5'd16);
        assert (complete && !bad);
        assert (length == (read_length + ALIGN - 1) / ALIGN * ALIGN);
        assert (container >> read_length == {CONTAINER_W{1'b0}});
        assert (lane_good == 16'hffff);
        cover (read_p == P && read_z == 16'hffff && is_signed);
        cover (read_z == 16'd0 && values != 0);
        cover (count == 5'd3 && read_p == 3 && n_l == 2 && is_signed && read_z[1:0] == 2'b10);
    end
endmodule

`resetall
