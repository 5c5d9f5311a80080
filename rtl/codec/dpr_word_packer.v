// SPDX-License-Identifier: Apache-2.0
// Cuts containers of any length into 64-bit words. Fewer than 64 bits are left over when it takes a container, so it
// takes one per cycle unless whole words are waiting, and the cycle after a container's last whole word may carry the
// next one's first. At the end of a tensor the rest goes out as a zero-padded word with m_last.

`default_nettype none

module dpr_word_packer #(
    parameter ALIGN = 64, // containers start at multiples of this many bits
    parameter W     = 320 // bits of the largest container
) (
    input  wire                   clk,
    input  wire                   rst,
    // containers
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [W-1:0]           s_data,   // zero at and above s_length
    input  wire [$clog2(W+1)-1:0] s_length, // in bits, at least 1, a multiple of ALIGN
    input  wire                   s_last,   // last container of its tensor
    // words
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [63:0]            m_data,
    output wire                   m_last
);

    localparam BUFFER_W = ALIGN == 1 ? W + 63 : W;
    localparam FILL_W   = $clog2(BUFFER_W+1);
    localparam LENGTH_W = $clog2(W+1);

    reg [BUFFER_W-1:0] buffer_q; // bit 0 leaves first
    reg [FILL_W-1:0]   fill_q;   // bits in the buffer; those above are zero, or all are stale when it is 0
    reg                last_q;   // the buffer ends with the tensor's last bit

    wire more_than_a_word = fill_q > 64;
    assign m_valid = fill_q >= 64 || last_q;
    assign m_last  = last_q && !more_than_a_word;
    assign m_data  = buffer_q[63:0];

    // What is left after this cycle's word.
    wire                pop        = m_valid && m_ready;
    wire [FILL_W-1:0]   left       = !pop ? fill_q : more_than_a_word ? fill_q - 64 : {FILL_W{1'b0}};
    wire [BUFFER_W-1:0] left_bits  = left == 0 ? {BUFFER_W{1'b0}} : pop ? buffer_q >> 64 : buffer_q;
    wire                left_last  = last_q && !(pop && m_last);

    // A tensor's end must leave before the next tensor's first container joins.
    assign s_ready = left < 64 && !left_last;
    wire push = s_valid && s_ready;

    wire [BUFFER_W-1:0] s_placed;
    generate
        if (ALIGN == 1) begin : g_packed
            assign s_placed = {{(BUFFER_W-W){1'b0}}, s_data} << left[5:0];
        end else begin : g_aligned
            assign s_placed = s_data;
        end
    endgenerate

    always @(posedge clk) begin
        if (rst) begin
            fill_q <= {FILL_W{1'b0}};
            last_q <= 1'b0;
        end else begin
            fill_q <= left + (push ? {{(FILL_W-LENGTH_W){1'b0}}, s_length} : {FILL_W{1'b0}});
            last_q <= push ? s_last : left_last;
        end
    end

    always @(posedge clk)
        buffer_q <= left_bits | (push ? s_placed : {BUFFER_W{1'b0}});

endmodule

`resetall
