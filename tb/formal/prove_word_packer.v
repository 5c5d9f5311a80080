// SPDX-License-Identifier: Apache-2.0
// The word packer keeps every bit: one bit, any of any container, is followed by its distance from the stream's next word; when
// its word leaves, the bit is there. Distances count bits that came and words that left, so that no bit is lost, comes twice or
// overtakes another. A tensor's words hold nothing of the next tensor, and are padded with zeros.
`default_nettype none

module prove_word_packer #(
    parameter ALIGN = 64, // containers start at multiples of this many bits
    parameter W     = 320 // bits of the largest container
) (
    input wire                   clk,
    input wire                   rst,
    input wire                   s_valid,
    input wire [W-1:0]           s_data,
    input wire [$clog2(W+1)-1:0] s_length,
    input wire                   s_last,
    input wire                   m_ready,
    input wire                   mark,  // follow a bit of the container that comes
    input wire [$clog2(W+1)-1:0] marked // which
);
    localparam BUFFER_W = ALIGN == 1 ? W + 63 : W;
    localparam FILL_W   = $clog2(BUFFER_W + 1);

    wire        s_ready, m_valid, m_last;
    wire [63:0] m_data;

    dpr_word_packer #(.ALIGN(ALIGN), .W(W)) dut (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_length(s_length), .s_last(s_last),
        .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data), .m_last(m_last)
    );
    stream_rules #(.W(65)) u_rules (.clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_last, m_data}));

    (* hierconn *) wire [BUFFER_W-1:0] \dut.buffer_q ;
    (* hierconn *) wire [FILL_W-1:0]   \dut.fill_q ;
    (* hierconn *) wire                \dut.last_q ;

    wire push = s_valid && s_ready;
    wire pop  = m_valid && m_ready;

    // bits that came and did not leave; whether they are a tensor's last ones
    reg  [15:0] held_q;
    reg         ends_q;
    wire [15:0] kept = !pop ? held_q : held_q > 16'd64 ? held_q - 16'd64 : 16'd0;

    // the bit that is followed: its place among them
    reg         follow_q, bit_q;
    reg  [15:0] place_q;
    wire        begins = push && mark && !follow_q;
    wire        leaves = pop && place_q < 16'd64;

    always @(posedge clk) begin
        if (rst) begin
            held_q   <= 16'd0;
            ends_q   <= 1'b0;
            follow_q <= 1'b0;
        end else begin
            held_q   <= kept + (push ? {{(16-$clog2(W+1)){1'b0}}, s_length} : 16'd0);
            ends_q   <= push ? s_last : ends_q && !(pop && m_last);
            follow_q <= begins || (follow_q && !leaves);
        end
        if (begins) begin
            place_q <= kept + {{(16-$clog2(W+1)){1'b0}}, marked};
            bit_q   <= s_data[marked];
        end else if (pop) begin
            place_q <= place_q - 16'd64;
        end
    end

    always @* begin
        if ($initstate) assume (rst);
        // what the container builder keeps
        assume (s_length != 0 && s_length <= W && s_length % ALIGN == 0);
        assume (s_data >> s_length == {W{1'b0}});
        assume (marked < s_length);
    end

    always @* if (!$initstate) begin
        assert (m_valid == (held_q >= 16'd64 || ends_q));
        if (follow_q && place_q < 16'd64 && m_valid) assert (m_data[place_q[5:0]] == bit_q);
        if (m_valid) begin
            assert (m_last == (ends_q && held_q <= 16'd64));
            if (held_q < 16'd64) assert (m_data >> held_q == 64'd0);
        end
        if (push) assert (kept < 16'd64 && (kept == 16'd0 || !ends_q)); // a tensor begins with a word
        if (m_ready && held_q < 16'd64 && !ends_q) assert (s_ready); // nothing to wait for
        // for the induction
        assert (held_q == \dut.fill_q && ends_q == \dut.last_q );
        assert (held_q <= BUFFER_W && (ALIGN == 1 || held_q % 64 == 0));
        assert (!ends_q || held_q != 16'd0);
        if (held_q != 16'd0) assert (\dut.buffer_q >> held_q == {BUFFER_W{1'b0}});
        if (follow_q) assert (place_q < held_q && \dut.buffer_q [place_q] == bit_q);

        cover (follow_q && leaves && bit_q && m_last);
        cover (begins && marked >= 128 && kept != 16'd0 || ALIGN == 64 && begins && marked >= 128);
    end
endmodule

`resetall
