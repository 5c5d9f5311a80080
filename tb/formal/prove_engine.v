// SPDX-License-Identifier: Apache-2.0
// A decompression engine gives each packet's group, in order, one for one: any of its 16 values is the decoder's for the code
// that stands behind the codes of the values before it, or zero; length, end of tensor and error are the packet's, unless a code
// has one, then the first. Under any stalls; and it never stands still while its groups are taken.
`default_nettype none

module prove_engine #(
    parameter P = 8 // bits of a value
) (
    input wire                   clk,
    input wire                   rst,
    input wire                   s_valid,
    input wire [16*P-1:0]        s_codes,
    input wire [15:0]            s_z,
    input wire [$clog2(P+1)-1:0] s_p,
    input wire [$clog2(P)-1:0]   s_n_l,
    input wire                   s_is_signed,
    input wire [4:0]             s_length,
    input wire                   s_last,
    input wire [2:0]             s_error,
    input wire                   m_ready
);
    localparam P_W = $clog2(P + 1);

    wire            s_ready, m_valid, m_last;
    wire [16*P-1:0] m_values;
    wire [15:0]     m_keep;
    wire [2:0]      m_error;

    dpr_decompress_engine #(.P(P)) dut (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_codes(s_codes), .s_z(s_z), .s_p(s_p), .s_n_l(s_n_l),
        .s_is_signed(s_is_signed), .s_length(s_length), .s_last(s_last), .s_error(s_error),
        .m_valid(m_valid), .m_ready(m_ready), .m_values(m_values), .m_keep(m_keep), .m_last(m_last), .m_error(m_error)
    );
    stream_rules #(.W(16*P + 20)) u_rules (
        .clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_values, m_keep, m_last, m_error})
    );

    (* hierconn *) wire            \dut.busy_q ;
    (* hierconn *) wire [3:0]      \dut.index_q ;
    (* hierconn *) wire [16*P-1:0] \dut.codes_q ;
    (* hierconn *) wire [15:0]     \dut.z_q ;
    (* hierconn *) wire [16*P-1:0] \dut.group_q ;
    (* hierconn *) wire            \dut.step ;
    (* hierconn *) wire [P-1:0]    \dut.value ;
    (* hierconn *) wire [2:0]      \dut.error ;
    (* hierconn *) wire [2:0]      \dut.code_error_q ;

    (* hierconn *) wire [P_W-1:0]        \dut.p_q ;
    (* hierconn *) wire [$clog2(P)-1:0]  \dut.n_l_q ;
    (* hierconn *) wire                  \dut.is_signed_q ;
    (* hierconn *) wire                  \dut.last_q ;
    (* hierconn *) wire [4:0]            \dut.length_q ;
    (* hierconn *) wire [2:0]            \dut.packet_error_q ;

    (* anyconst *) wire [3:0] lane; // the value that is followed

    // the packet at hand
    reg  [P_W-1:0]         p_q;
    reg  [$clog2(P)-1:0]   n_l_q;
    reg                    signed_q, last_q, has_code_q;
    reg  [4:0]             length_q;
    reg  [2:0]             error_q, code_error_q; // its own; the first of its codes
    reg  [P-1:0]           code_q;                // of the value that is followed
    reg  [7:0]             place_q;               // that code's place in what is left of the codes
    // the finished group
    reg  [P-1:0]           value_q;
    reg  [4:0]             done_length_q;
    reg                    done_last_q;
    reg  [2:0]             done_error_q;
    reg  [5:0]             waits_q;               // cycles in which a packet waited though groups were taken

    wire [P-1:0] wanted;
    wire [2:0]   wanted_error;
    dpr_code_decoder #(.P(P)) u_decoder (
        .code(code_q), .p(p_q), .n_l(n_l_q), .is_signed(signed_q), .value(wanted), .error(wanted_error)
    );

    function [4:0] ones(input [15:0] bits);
        integer i;
        begin
            ones = 5'd0;
            for (i = 0; i < 16; i = i + 1)
                ones = ones + {4'd0, bits[i]};
        end
    endfunction

    wire        load     = s_valid && s_ready;
    wire [7:0]  place    = ones(s_z & ~(16'hffff << lane)) * s_p;
    wire [5:0]  steps    = length_q == 5'd0 ? 6'd1 : {1'b0, length_q};
    wire [5:0]  to_go    = \dut.busy_q ? steps - {2'd0, \dut.index_q } : 6'd0;
    wire        finishes = \dut.step && to_go == 6'd1;
    wire        has_code = has_code_q && {1'b0, lane} < length_q;
    wire [2:0]  first    = code_error_q == 3'd0 && \dut.z_q [0] ? \dut.error : code_error_q;

    always @(posedge clk) begin
        if (load) begin
            p_q          <= s_p;
            n_l_q        <= s_n_l;
            signed_q     <= s_is_signed;
            last_q       <= s_last;
            length_q     <= s_length;
            error_q      <= s_error;
            has_code_q   <= s_z[lane];
            code_q       <= s_codes >> place;
            place_q      <= place;
            code_error_q <= 3'd0;
        end else if (\dut.step ) begin
            if (\dut.z_q [0] && \dut.index_q < lane) place_q <= place_q - p_q;
            code_error_q <= first;
        end
        if (finishes) begin
            value_q       <= has_code ? wanted : {P{1'b0}};
            done_length_q <= length_q;
            done_last_q   <= last_q;
            done_error_q  <= first != 3'd0 ? first : error_q;
        end
        waits_q <= rst || !m_ready || s_ready ? 6'd0 : waits_q + 6'd1;
    end

    wire [P-1:0]   mask  = ~({P{1'b1}} << p_q);
    wire [16*P-1:0] there = \dut.codes_q >> place_q;

    always @* begin
        if ($initstate) assume (rst);
        assume (s_length <= 5'd16 && s_z >> s_length == 16'd0 && s_p <= P); // what the distributor sends
    end

    always @* if (!$initstate) begin
        if (m_valid) begin
            assert (m_values[lane*P +: P] == value_q);
            assert (m_keep == ~(16'hffff << done_length_q) && m_last == done_last_q && m_error == done_error_q);
        end
        if (\dut.busy_q && \dut.index_q == lane && has_code_q) begin
            assert (\dut.z_q [0] && \dut.value == wanted && \dut.error == wanted_error);
        end
        assert (waits_q + to_go <= 6'd16 || waits_q == 6'd0); // no more cycles than values
        // for the induction
        assert (!\dut.busy_q || length_q <= 5'd16 && p_q <= P && to_go >= 6'd1 && to_go <= 6'd16);
        if (waits_q != 6'd0) assert (\dut.busy_q );
        if (\dut.busy_q && \dut.index_q != 4'd0) assert (!m_valid);
        if (\dut.busy_q ) begin
            assert (\dut.code_error_q == code_error_q && \dut.packet_error_q == error_q);
            assert (\dut.p_q == p_q && \dut.n_l_q == n_l_q && \dut.is_signed_q == signed_q);
            assert (\dut.length_q == length_q && \dut.last_q == last_q);
            assert (\dut.z_q >> to_go == 16'd0 || length_q == 5'd0);
            if (\dut.index_q <= lane) begin
                assert (\dut.z_q [lane - \dut.index_q ] == has_code_q);
                assert ((there[P-1:0] & mask) == (code_q & mask));
                assert (place_q == ones(\dut.z_q & ~(16'hffff << (lane - \dut.index_q ))) * p_q);
                if (\dut.index_q != 4'd0) assert (\dut.group_q [lane*P +: P] == {P{1'b0}});
            end else begin
                assert (\dut.group_q [lane*P +: P] == (has_code ? wanted : {P{1'b0}}));
            end
        end
        assert (!has_code_q || {1'b0, lane} < length_q || !\dut.busy_q );

        cover (m_valid && m_last && m_error == 3'd0 && lane == 4'd2 && value_q != 0 && m_keep == 16'h7);
        cover (m_valid && m_error != 3'd0 && load);
    end
endmodule

`resetall
