// SPDX-License-Identifier: Apache-2.0
// The compressor's output keeps the rules of a stream, and it never stands still: while its words are taken it takes a group at
// the latest in the 7th cycle, whatever it holds and whatever comes. In every state that it can reach, under any stalls.
`default_nettype none

module prove_compressor #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64  // containers start at multiples of this many bits
) (
    input wire               clk,
    input wire               rst,
    input wire               s_valid,
    input wire [16*P-1:0]    s_data,
    input wire [15:0]        s_keep,
    input wire               s_last,
    input wire [$clog2(P):0] s_user,
    input wire               m_ready
);
    localparam MOST        = PREFIX_W + 16 + 16*P;
    localparam CONTAINER_W = (MOST + ALIGN - 1) / ALIGN * ALIGN;
    localparam BUFFER_W    = ALIGN == 1 ? CONTAINER_W + 63 : CONTAINER_W;
    localparam LENGTH_W    = $clog2(CONTAINER_W + 1);
    localparam SEGMENT_W   = $clog2(P + 1) + 2;
    localparam WORDS       = (BUFFER_W + 63) / 64;

    wire        s_ready, m_valid, m_last;
    wire [63:0] m_data;

    dpr_compressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) dut (
        .clk(clk), .rst(rst), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready), .s_axis_tdata(s_data), .s_axis_tkeep(s_keep),
        .s_axis_tlast(s_last), .s_axis_tuser(s_user),
        .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tdata(m_data), .m_axis_tlast(m_last)
    );
    stream_rules #(.W(65)) u_rules (.clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_last, m_data}));

    (* hierconn *) wire [$clog2(P+1)-1:0]         \dut.coded_p ;
    (* hierconn *) wire                           \dut.coded_valid ;
    (* hierconn *) wire [4*SEGMENT_W-1:0]         \dut.packed_length ;
    (* hierconn *) wire                           \dut.packed_valid ;
    (* hierconn *) wire [LENGTH_W-1:0]            \dut.container_length ;
    (* hierconn *) wire                           \dut.container_valid ;
    (* hierconn *) wire [$clog2(BUFFER_W+1)-1:0]  \dut.u_packer.fill_q ;
    (* hierconn *) wire                           \dut.u_packer.last_q ;
    (* hierconn *) wire                           \dut.u_output.skid_valid_q ;
    (* hierconn *) wire                           \dut.u_output.m_valid_q ;

    reg [3:0] waits_q; // cycles in a row in which words are taken and groups are not
    always @(posedge clk) waits_q <= rst || !m_ready || s_ready ? 4'd0 : waits_q + 4'd1;

    wire [15:0] words   = (\dut.u_packer.fill_q + 16'd63) / 64;
    wire [15:0] to_wait = words + \dut.u_output.skid_valid_q ;

    always @* if ($initstate) assume (rst);

    integer i;
    always @* if (!$initstate) begin
        assert (waits_q + to_wait <= WORDS + 1 || waits_q == 4'd0);
        assert (waits_q <= 4'd6);
        // for the induction
        if (\dut.coded_valid ) assert (\dut.coded_p <= P);
        for (i = 0; i < 4; i = i + 1)
            if (\dut.packed_valid ) assert (\dut.packed_length [i*SEGMENT_W +: SEGMENT_W] <= 4 * P);
        if (\dut.container_valid ) begin
            assert (\dut.container_length <= CONTAINER_W && \dut.container_length != 0);
            assert (\dut.container_length % ALIGN == 0);
        end
        assert (\dut.u_packer.fill_q <= BUFFER_W && (ALIGN == 1 || \dut.u_packer.fill_q % 64 == 0));
        assert (!\dut.u_packer.last_q || \dut.u_packer.fill_q != 0);
        assert (!\dut.u_output.skid_valid_q || \dut.u_output.m_valid_q );

        cover (m_valid && m_last && words == WORDS - 1);
        cover (waits_q == 4'd3);
    end
endmodule

`resetall
