// SPDX-License-Identifier: Apache-2.0
// Bit buffer of the decompressor: 64-bit words go in at the end, containers of any length are taken from bit 0. Holds
// the words of one tensor: after its last word the next one waits until `finish`, and may enter in that cycle.

`default_nettype none

module dpr_bit_buffer #(
    parameter W     = 276, // bits of the largest container without padding
    parameter ALIGN = 64   // containers start at multiples of this many bits
) (
    input  wire                    clk,
    input  wire                    rst,
    // words
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [63:0]             s_data,
    input  wire                    s_last,      // last word of the tensor
    // the stream's next bits
    output wire [W-1:0]            bits,        // those at and above fill are not of the stream
    output wire [$clog2(W+64)-1:0] fill,        // bits in the buffer; it ends at the end of a word
    output wire                    ended,       // the tensor's last word is in
    // what follows a container of `length` bits, for length <= fill
    input  wire [$clog2(W+64)-1:0] length,
    output wire                    padding_bad, // a bit after it, up to the end of its last word, is not zero
    output wire                    more_words,  // its last word is not the last in the buffer
    // commands, each for this cycle
    input  wire                    take,        // remove the container, and its padding if ALIGN = 64
    input  wire                    drop,        // remove everything
    input  wire                    finish       // with drop: the tensor is done
);

    localparam BUFFER_W = W + 63; // an incomplete container's W - 1 bits and a word
    localparam FILL_W   = $clog2(BUFFER_W+1);

    reg [BUFFER_W-1:0] buffer_q; // bits at and above fill are zero, or all are stale when it is 0
    reg [FILL_W-1:0]   fill_q;
    reg                ended_q;

    assign bits  = buffer_q[W-1:0];
    assign fill  = fill_q;
    assign ended = ended_q;

    // The buffer ends with a word, so the rest's length modulo 64 is that of the padding.
    wire [FILL_W-1:0]   rest      = fill_q - length;
    wire [BUFFER_W-1:0] rest_bits = buffer_q >> length;
    assign padding_bad = |(rest_bits[62:0] & ~({63{1'b1}} << rest[5:0]));
    assign more_words  = |rest[FILL_W-1:6];

    wire [FILL_W-1:0]   next_start;      // of the next container, in buffer_q
    wire [BUFFER_W-1:0] next_start_bits; // buffer_q from there on
    wire [FILL_W-1:0]   left      = drop ? {FILL_W{1'b0}} : take ? fill_q - next_start : fill_q;
    wire [BUFFER_W-1:0] left_bits = left == 0 ? {BUFFER_W{1'b0}} : take ? next_start_bits : buffer_q;
    wire                left_ended = ended_q && !finish;
    wire [BUFFER_W-1:0] s_placed;

    assign s_ready = left < W[FILL_W-1:0] && !left_ended;
    wire push = s_valid && s_ready;

    generate
        if (ALIGN == 1) begin : g_packed
            assign next_start      = length;
            assign next_start_bits = rest_bits;
            assign s_placed        = {{(BUFFER_W-64){1'b0}}, s_data} << left;
        end else begin : g_aligned
            wire [FILL_W-1:0] end_of_word = length + 63;
            assign next_start      = {end_of_word[FILL_W-1:6], 6'd0};
            assign next_start_bits = buffer_q >> next_start;
            assign s_placed        = {{(BUFFER_W-64){1'b0}}, s_data} << {left[FILL_W-1:6], 6'd0};
            wire unused = &{1'b0, end_of_word[5:0], rest_bits[BUFFER_W-1:63]};
        end
    endgenerate

    always @(posedge clk) begin
        if (rst) begin
            fill_q  <= {FILL_W{1'b0}};
            ended_q <= 1'b0;
        end else begin
            fill_q  <= left + (push ? 64 : {FILL_W{1'b0}});
            ended_q <= push ? s_last : left_ended;
        end
    end

    always @(posedge clk)
        buffer_q <= left_bits | (push ? s_placed : {BUFFER_W{1'b0}});

endmodule

`resetall
