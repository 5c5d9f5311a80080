// SPDX-License-Identifier: Apache-2.0
// The bit buffer keeps every bit: one bit, any of any word, is followed by its distance from the stream's next bit; whenever it
// is within reach of the reader it is there, and it leaves with the container, or the padding, that it is part of. Two tensors
// are never in the buffer together. Whoever takes containers takes only what is there, as the container reader does.
`default_nettype none

module prove_bit_buffer #(
    parameter W     = 276, // bits of the largest container without padding
    parameter ALIGN = 64   // containers start at multiples of this many bits
) (
    input wire                    clk,
    input wire                    rst,
    input wire                    s_valid,
    input wire [63:0]             s_data,
    input wire                    s_last,
    input wire [$clog2(W+64)-1:0] length,
    input wire                    take,
    input wire                    drop,
    input wire                    finish,
    input wire                    mark,  // follow a bit of the word that comes
    input wire [5:0]              marked // which
);
    localparam FILL_W = $clog2(W + 64);

    wire              s_ready, ended, padding_bad, more_words;
    wire [W-1:0]      bits;
    wire [FILL_W-1:0] fill;

    dpr_bit_buffer #(.W(W), .ALIGN(ALIGN)) dut (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data), .s_last(s_last),
        .bits(bits), .fill(fill), .ended(ended), .length(length), .padding_bad(padding_bad), .more_words(more_words),
        .take(take), .drop(drop), .finish(finish)
    );

    (* hierconn *) wire [W+62:0] \dut.buffer_q ;

    wire push = s_valid && s_ready;

    // bits that came and did not leave; whether the tensor's last word came
    reg  [15:0] held_q;
    reg         ends_q;
    wire [15:0] taken = (length + ALIGN - 1) / ALIGN * ALIGN;
    wire [15:0] kept  = drop ? 16'd0 : take ? held_q - taken : held_q;
    wire [15:0] ahead = held_q - length; // behind the container

    // the bit that is followed: its place among them
    reg         follow_q, bit_q;
    reg  [15:0] place_q;
    wire        begins = push && mark && !follow_q;
    wire        leaves = drop || (take && place_q < taken);

    always @(posedge clk) begin
        if (rst) begin
            held_q   <= 16'd0;
            ends_q   <= 1'b0;
            follow_q <= 1'b0;
        end else begin
            held_q   <= kept + (push ? 16'd64 : 16'd0);
            ends_q   <= push ? s_last : ends_q && !finish;
            follow_q <= begins || (follow_q && !leaves);
        end
        if (begins) begin
            place_q <= kept + {10'd0, marked};
            bit_q   <= s_data[marked];
        end else if (take) begin
            place_q <= place_q - taken;
        end
    end

    always @* begin
        if ($initstate) assume (rst);
        assume (!finish || drop);
        if (take) assume (length <= held_q && length != 0 && length <= W);
    end

    wire follows   = follow_q && place_q >= length;             // the container
    wire in_word   = place_q < length + ahead % 64;             // it ends in
    wire reachable = follow_q && place_q < W;

    always @* if (!$initstate) begin
        assert (fill == held_q && ended == ends_q);
        if (reachable) assert (bits[place_q] == bit_q);
        if (length <= held_q && length <= W) begin
            if (follows && in_word && bit_q) assert (padding_bad);
            if (ahead % 64 == 0) assert (!padding_bad);
            assert (more_words == (ahead >= 16'd64));
        end
        if (push) assert (!ends_q || finish);                                  // no two tensors
        if (!take && !drop && held_q < W && !ends_q) assert (s_ready);         // room for a container that is not complete
        // for the induction
        assert (held_q < W + 64 && (ALIGN == 1 || held_q % 64 == 0));
        if (held_q != 16'd0) assert (\dut.buffer_q >> held_q == 0);
        if (follow_q) assert (place_q < held_q && \dut.buffer_q [place_q] == bit_q);

        cover (follow_q && bit_q && take && !leaves && push);
        cover (length <= held_q && ahead == 16'd20 && padding_bad || ALIGN == 64 && padding_bad && take);
        cover (push && finish && s_last);
    end
endmodule

`resetall
