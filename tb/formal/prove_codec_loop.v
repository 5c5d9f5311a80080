// SPDX-License-Identifier: Apache-2.0
// Compressor and decompressor in a loop: what comes out is what went in, trimmed below n_L towards zero, group for group, with
// its length, its end of tensor and no error. One tensor after reset, of GROUPS groups; all values, the last group's length,
// n_L and the sign mode are symbolic. With STALLS every stream stalls in any cycle: its sender has nothing or its receiver waits.
`default_nettype none

module prove_codec_loop #(
    parameter P        = 8,  // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 1,  // decompression engines
    parameter GROUPS   = 1,  // groups of the tensor
    parameter TAIL     = 16, // most values of the last group
    parameter FREE     = 16, // values of each group that are anything; the others are 0
    parameter STALLS   = 0,  // 1: any stalls
    parameter DEADLINE = 40  // without stalls everything is out before this cycle
) (
    input wire            clk,
    input wire            rst,
    input wire [16*P-1:0] s_data,
    input wire [4:0]      stalls  // descriptors, groups, words' valid, words' ready, output
);
    localparam N_L_W = $clog2(P);

    (* anyconst *) wire             is_signed;
    (* anyconst *) wire [N_L_W-1:0] n_l;
    (* anyconst *) wire [4:0]       tail; // values of the last group

    wire [4:0] go = STALLS ? ~stalls : 5'b11111;

    reg  [7:0]  cycle_q;
    reg  [3:0]  sent_q, got_q; // groups
    reg         described_q;

    wire        s_last  = sent_q == GROUPS - 1;
    wire [4:0]  length  = s_last ? tail : 5'd16;
    wire [15:0] s_keep  = ~(16'hffff << length);
    wire        s_valid = go[1] && sent_q != GROUPS;
    wire        d_valid = go[0] && !described_q;
    wire        s_ready, d_ready, c_valid, c_ready, c_last, m_valid, m_last;
    wire [63:0] c_data;
    wire [16*P-1:0] m_data;
    wire [15:0]     m_keep;
    wire [2:0]      m_error;

    dpr_compressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_compressor (
        .clk(clk), .rst(rst),
        .s_axis_tvalid(s_valid), .s_axis_tready(s_ready), .s_axis_tdata(s_data), .s_axis_tkeep(s_keep),
        .s_axis_tlast(s_last), .s_axis_tuser({n_l, is_signed}),
        .m_axis_tvalid(c_valid), .m_axis_tready(c_ready && go[3]), .m_axis_tdata(c_data), .m_axis_tlast(c_last)
    );

    wire [31:0] count = 16 * (GROUPS - 1) + {27'd0, tail};
    dpr_decompressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) u_decompressor (
        .clk(clk), .rst(rst),
        .s_desc_tvalid(d_valid), .s_desc_tready(d_ready), .s_desc_tdata({n_l, is_signed, count}),
        .s_axis_tvalid(c_valid && go[3]), .s_axis_tready(c_ready), .s_axis_tdata(c_data), .s_axis_tlast(c_last),
        .m_axis_tvalid(m_valid), .m_axis_tready(go[4]), .m_axis_tdata(m_data), .m_axis_tkeep(m_keep),
        .m_axis_tlast(m_last), .m_axis_tuser(m_error)
    );

    // What is expected: the values, trimmed here by division.
    reg  signed [P:0]   value, step, trimmed;
    reg  [16*P-1:0]     expected;
    integer             i;
    always @* begin
        expected = {(16*P){1'b0}};
        step     = {{P{1'b0}}, 1'b1} << n_l;
        for (i = 0; i < 16; i = i + 1) begin
            value   = {is_signed && s_data[i*P + P-1], s_data[i*P +: P]};
            trimmed = value < 0 ? -((-value >>> n_l) << n_l) : (value >>> n_l) << n_l;
            if (i < length) expected[i*P +: P] = trimmed[P-1:0];
        end
    end
    reg [GROUPS*16*P-1:0] expected_q;

    always @(posedge clk) begin
        if (rst) begin
            cycle_q     <= 8'd0;
            sent_q      <= 4'd0;
            got_q       <= 4'd0;
            described_q <= 1'b0;
        end else begin
            cycle_q <= cycle_q + {7'd0, ~&cycle_q};
            if (s_valid && s_ready) sent_q <= sent_q + 1'b1;
            if (d_valid && d_ready) described_q <= 1'b1;
            if (m_valid && go[4]) got_q <= got_q + 1'b1;
        end
        if (s_valid && s_ready) expected_q[sent_q*16*P +: 16*P] <= expected;
    end

    always @* begin
        assume (rst == $initstate);
        assume (tail >= 5'd1 && tail <= TAIL);
        assume (s_data >> (FREE * P) == {(16*P){1'b0}});
    end

    wire last_beat = got_q == GROUPS - 1;
    always @* if (!$initstate) begin
        if (m_valid) begin
            assert (got_q < sent_q);
            assert (m_data == expected_q[got_q*16*P +: 16*P]);
            assert (m_keep == (last_beat ? ~(16'hffff << tail) : 16'hffff));
            assert (m_last == last_beat && m_error == 3'd0);
        end
        if (!STALLS && cycle_q == DEADLINE) assert (got_q == GROUPS);
        cover (m_valid && m_last && is_signed && n_l == 1 && tail == TAIL && got_q == GROUPS - 1 && m_data[P-1:0] != 0);
        cover (m_valid && m_last && !is_signed && tail == 5'd1 && m_data[P-1]);
    end
endmodule

`resetall
