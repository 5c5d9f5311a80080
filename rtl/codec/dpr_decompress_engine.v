// SPDX-License-Identifier: Apache-2.0
// A serial decompression engine (paper, section 4): expands one packet, one value per cycle, zero values included.
// It takes the next packet in the cycle of a packet's last value, and stalls at that one's first value while the
// finished group still waits for the collector: there is one group register.

`include "dpr_codec_errors.vh"
`default_nettype none

module dpr_decompress_engine #(
    parameter P = 16 // bits of a value
) (
    input  wire                   clk,
    input  wire                   rst,
    // packets
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [16*P-1:0]        s_codes,
    input  wire [15:0]            s_z,
    input  wire [$clog2(P+1)-1:0] s_p,
    input  wire [$clog2(P)-1:0]   s_n_l,
    input  wire                   s_is_signed,
    input  wire [4:0]             s_length, // values, 0 to 16; 0 takes one cycle as well
    input  wire                   s_last,
    input  wire [2:0]             s_error,  // reported unless a code has an error
    // groups
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [16*P-1:0]        m_values, // value i at [i*P +: P], 0 beyond the length
    output wire [15:0]            m_keep,
    output wire                   m_last,
    output wire [2:0]             m_error   // the first in the packet
);

    // The packet at hand.
    reg                   busy_q;
    reg [3:0]             index_q;      // of the next value
    reg [16*P-1:0]        codes_q;      // from the next code on
    reg [15:0]            z_q;          // from the next value on
    reg [$clog2(P+1)-1:0] p_q;
    reg [$clog2(P)-1:0]   n_l_q;
    reg                   is_signed_q;
    reg [4:0]             length_q;
    reg                   last_q;
    reg [2:0]             packet_error_q;
    reg [2:0]             code_error_q; // the first so far

    // The group: under construction, or finished while group_valid_q.
    reg                   group_valid_q;
    reg [16*P-1:0]        group_q;
    reg [4:0]             group_length_q;
    reg                   group_last_q;
    reg [2:0]             group_error_q;

    wire step        = busy_q && (!group_valid_q || m_ready);
    wire final_value = {1'b0, index_q} + 5'd1 >= length_q;
    wire done        = step && final_value;
    assign s_ready   = !busy_q || done;
    wire load        = s_valid && s_ready;

    wire [P-1:0] value;
    wire [2:0]   error;
    dpr_code_decoder #(.P(P)) u_decoder (
        .code(codes_q[P-1:0]), .p(p_q), .n_l(n_l_q), .is_signed(is_signed_q), .value(value), .error(error)
    );
    wire [2:0] code_error = code_error_q == `DPR_ERROR_OK && z_q[0] ? error : code_error_q;

    reg [16*P-1:0] group_next;
    integer i;
    always @* begin
        group_next = index_q == 0 ? {(16*P){1'b0}} : group_q;
        for (i = 0; i < 16; i = i + 1)
            if (index_q == i[3:0]) group_next[i*P +: P] = value & {P{z_q[0]}};
    end

    always @(posedge clk) begin
        if (rst) begin
            busy_q        <= 1'b0;
            group_valid_q <= 1'b0;
        end else begin
            if (s_ready) busy_q <= s_valid;
            group_valid_q <= done || (group_valid_q && !m_ready);
        end
    end

    always @(posedge clk) begin
        if (load) begin
            index_q        <= 4'd0;
            codes_q        <= s_codes;
            z_q            <= s_z;
            p_q            <= s_p;
            n_l_q          <= s_n_l;
            is_signed_q    <= s_is_signed;
            length_q       <= s_length;
            last_q         <= s_last;
            packet_error_q <= s_error;
            code_error_q   <= `DPR_ERROR_OK;
        end else if (step) begin
            index_q        <= index_q + 4'd1;
            codes_q        <= z_q[0] ? codes_q >> p_q : codes_q;
            z_q            <= z_q >> 1;
            code_error_q   <= code_error;
        end
        if (step) group_q <= group_next;
        if (done) begin
            group_length_q <= length_q;
            group_last_q   <= last_q;
            group_error_q  <= code_error != `DPR_ERROR_OK ? code_error : packet_error_q;
        end
    end

    assign m_valid  = group_valid_q;
    assign m_values = group_q;
    assign m_keep   = ~(16'hffff << group_length_q);
    assign m_last   = group_last_q;
    assign m_error  = group_error_q;

endmodule

`resetall
