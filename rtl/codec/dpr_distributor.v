// SPDX-License-Identifier: Apache-2.0
// Reads the metadata header of each container and hands its codes on as one packet (paper, section 4, Fig. 2a). Checks
// headers, padding and the stream's length against the tensor's descriptor. Of every tensor exactly one packet has
// m_last, and only after the input's tlast: that of its last container, or an empty one that ends a malformed stream.

`include "dpr_codec_errors.vh"
`default_nettype none

module dpr_distributor #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64  // containers start at multiples of this many bits
) (
    input  wire                   clk,
    input  wire                   rst,
    // descriptors
    input  wire                   desc_valid,
    output wire                   desc_ready,
    input  wire [31:0]            desc_count, // values in the tensor
    input  wire                   desc_is_signed,
    input  wire [$clog2(P)-1:0]   desc_n_l,
    // words
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [63:0]            s_data,
    input  wire                   s_last,
    // packets
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [16*P-1:0]        m_codes,    // meaningless above the last code
    output wire [15:0]            m_z,
    output wire [$clog2(P+1)-1:0] m_p,
    output wire [$clog2(P)-1:0]   m_n_l,
    output wire                   m_is_signed,
    output wire [4:0]             m_length,   // values: 1 to 16, or 0 for the packet that ends a malformed stream
    output wire                   m_last,     // last packet of the tensor
    output wire [2:0]             m_error     // found here; an error in the packet's codes comes before it
);

    localparam W      = PREFIX_W + 16 + 16*P;
    localparam FILL_W = $clog2(W+64);

    // The tensor at hand.
    reg                 active_q;
    reg                 discard_q; // its stream is bad: drop the words through tlast, then send error_q
    reg [2:0]           error_q;
    reg [31:0]          count_q;   // values still to come
    reg                 is_signed_q;
    reg [$clog2(P)-1:0] n_l_q;

    wire        last_group   = count_q <= 16;
    wire [4:0]  group_length = last_group ? count_q[4:0] : 5'd16;

    // The container at hand.
    wire [W-1:0]      bits;
    wire [FILL_W-1:0] fill;
    wire [FILL_W-1:0] length;
    wire              ended;
    wire              padding_bad;
    wire              more_words;
    wire              complete;
    wire              bad;
    wire [2:0]        header_error;
    wire [15:0]       z;
    wire              take;
    wire              finish;

    dpr_bit_buffer #(.W(W), .ALIGN(ALIGN)) u_buffer (
        .clk(clk), .rst(rst),
        .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .bits(bits), .fill(fill), .ended(ended),
        .length(length), .padding_bad(padding_bad), .more_words(more_words),
        .take(take), .drop(discard_q || finish), .finish(finish)
    );

    dpr_container_reader #(.P(P), .PREFIX_W(PREFIX_W), .W(W)) u_reader (
        .bits(bits), .fill(fill), .ended(ended), .group_length(group_length), .n_l(n_l_q),
        .complete(complete), .bad(bad), .error(header_error),
        .p(m_p), .z(z), .codes(m_codes), .length(length)
    );

    wire reading   = active_q && !discard_q;
    wire no_values = count_q == 0;                    // a descriptor of no values: any word is one too many
    wire ends_here = ended && !more_words;            // the container's last word is the stream's
    wire padded    = ALIGN != 1 || last_group;        // its last word belongs to no other container
    wire padding   = padded && padding_bad;
    wire container = reading && !no_values && complete;

    // Both ways into discarding: the container itself is dropped, or it is the last one that goes on.
    wire reject     = reading && (no_values || bad);
    wire take_final = take && (last_group ? !ends_here : padding);

    assign take   = container && m_ready;
    assign finish = m_valid && m_ready && m_last;

    assign m_valid     = container || (discard_q && ended);
    assign m_last      = discard_q || (last_group && ends_here);
    assign m_z         = discard_q ? 16'd0 : z;
    assign m_length    = discard_q ? 5'd0 : group_length;
    assign m_error     = discard_q ? error_q : padding ? `DPR_ERROR_PADDING : `DPR_ERROR_OK;
    assign m_n_l       = n_l_q;
    assign m_is_signed = is_signed_q;

    assign desc_ready = !active_q || finish;

    always @(posedge clk) begin
        if (rst) begin
            active_q  <= 1'b0;
            discard_q <= 1'b0;
        end else begin
            if (desc_ready) active_q <= desc_valid;
            if (reject || take_final) discard_q <= 1'b1;
            else if (finish) discard_q <= 1'b0;
        end
    end

    always @(posedge clk) begin
        if (reject) error_q <= no_values ? `DPR_ERROR_OVERRUN : header_error;
        else if (take_final) error_q <= padding ? `DPR_ERROR_PADDING : `DPR_ERROR_OVERRUN;
        if (desc_ready) begin
            count_q     <= desc_count;
            is_signed_q <= desc_is_signed;
            n_l_q       <= desc_n_l;
        end else if (take) begin
            count_q <= count_q - 16;
        end
    end

endmodule

`resetall
