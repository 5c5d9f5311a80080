// SPDX-License-Identifier: Apache-2.0
// What the container builder writes, the container reader reads: precision, Z and the codes' bits, and it finds the container's
// length; every container is complete with its last bit, not before, and none has an error in its header.
`default_nettype none

module prove_header #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64  // containers start at multiples of this many bits
) (
    input wire [$clog2(P+1)-1:0]                p,
    input wire [15:0]                           z,
    input wire [16*P-1:0]                       codes,
    input wire [4:0]                            count, // values of the group
    input wire [$clog2(P)-1:0]                  n_l,
    input wire [$clog2(PREFIX_W+16+16*P+64)-1:0] fill,  // bits in the buffer
    input wire [PREFIX_W+16+16*P-1:0]           junk   // behind the container
);
    localparam MOST        = PREFIX_W + 16 + 16*P;
    localparam CONTAINER_W = (MOST + ALIGN - 1) / ALIGN * ALIGN;
    localparam FILL_W      = $clog2(MOST + 64);

    reg [15:0] codes_length; // p for each value that has a code
    integer    i;
    always @* begin
        codes_length = 16'd0;
        for (i = 0; i < 16; i = i + 1)
            if (z[i]) codes_length = codes_length + p;
    end

    wire [CONTAINER_W-1:0]           container;
    wire [$clog2(CONTAINER_W+1)-1:0] length;
    wire                             complete, bad;
    wire [2:0]                       error;
    wire [$clog2(P+1)-1:0]           read_p;
    wire [15:0]                      read_z;
    wire [16*P-1:0]                  read_codes;
    wire [FILL_W-1:0]                read_length;

    dpr_container_builder #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .W(CONTAINER_W)) u_builder (
        .p(p), .z(z), .codes(codes), .codes_length(codes_length[$clog2(16*P+1)-1:0]), .container(container), .length(length)
    );
    wire [16*P-1:0] behind = junk << codes_length; // as the reader sees it
    wire [MOST-1:0] stream = container[MOST-1:0] | junk << (codes_length + PREFIX_W + 16);
    dpr_container_reader #(.P(P), .PREFIX_W(PREFIX_W), .W(MOST)) u_reader (
        .bits(stream), .fill(fill), .ended(1'b0), .group_length(count), .n_l(n_l),
        .complete(complete), .bad(bad), .error(error), .p(read_p), .z(read_z), .codes(read_codes), .length(read_length)
    );

    always @* begin
        // of every group that the coder can make
        assume (p <= P && (p == 0) == (z == 0) && (p == 0 || p + n_l <= P));
        assume (count >= 5'd1 && count <= 5'd16 && z >> count == 16'd0);
        assume (codes >> codes_length == {(16*P){1'b0}});

        assert (container >> (codes_length + PREFIX_W + 16) == {CONTAINER_W{1'b0}});
        assert (length % ALIGN == 0 && length >= codes_length + PREFIX_W + 16 && length < codes_length + PREFIX_W + 16 + ALIGN);
        if (fill >= PREFIX_W + 16) begin
            assert (!bad && read_z == z && (z == 0 || read_p == p));
            assert (read_length == codes_length + PREFIX_W + 16);
            assert (complete == (fill >= read_length));
            assert (read_codes == (codes | behind));
        end else begin
            assert (!bad && !complete);
        end
        cover (complete && p == P && z == 16'hffff);
        cover (complete && z == 16'd0 && n_l == 5);
        cover (complete && count == 5'd3 && p == 2 && z == 16'd5);
    end
endmodule

`resetall
