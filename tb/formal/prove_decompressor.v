// SPDX-License-Identifier: Apache-2.0
// The decompressor's output keeps the rules of a stream, and its distributor is never stuck: with a tensor at hand, in any two
// cycles in a row it offers a packet or takes a word, whatever words came. For any input, under any stalls.
`default_nettype none

module prove_decompressor #(
    parameter P        = 8,  // bits of a value
    parameter PREFIX_W = 4,  // bits of a container's prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 2   // decompression engines
) (
    input wire                  clk,
    input wire                  rst,
    input wire                  d_valid,
    input wire [32+$clog2(P):0] d_data,
    input wire                  s_valid,
    input wire [63:0]           s_data,
    input wire                  s_last,
    input wire                  m_ready
);
    localparam W      = PREFIX_W + 16 + 16*P;
    localparam FILL_W = $clog2(W + 64);

    wire            d_ready, s_ready, m_valid, m_last;
    wire [16*P-1:0] m_data;
    wire [15:0]     m_keep;
    wire [2:0]      m_error;

    dpr_decompressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) dut (
        .clk(clk), .rst(rst), .s_desc_tvalid(d_valid), .s_desc_tready(d_ready), .s_desc_tdata(d_data),
        .s_axis_tvalid(s_valid), .s_axis_tready(s_ready), .s_axis_tdata(s_data), .s_axis_tlast(s_last),
        .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tdata(m_data), .m_axis_tkeep(m_keep),
        .m_axis_tlast(m_last), .m_axis_tuser(m_error)
    );
    stream_rules #(.W(16*P + 20)) u_rules (
        .clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload({m_data, m_keep, m_last, m_error})
    );

    (* hierconn *) wire              \dut.u_distributor.active_q ;
    (* hierconn *) wire              \dut.u_distributor.discard_q ;
    (* hierconn *) wire              \dut.u_distributor.m_valid ;
    (* hierconn *) wire              \dut.u_distributor.s_ready ;
    (* hierconn *) wire              \dut.u_distributor.ended ;
    (* hierconn *) wire [FILL_W-1:0] \dut.u_distributor.fill ;
    (* hierconn *) wire              \dut.u_output.skid_valid_q ;
    (* hierconn *) wire              \dut.u_output.m_valid_q ;

    wire stuck = \dut.u_distributor.active_q && !\dut.u_distributor.m_valid && !\dut.u_distributor.s_ready ;
    reg  stuck_q;
    always @(posedge clk) stuck_q <= stuck && !rst;

    always @* if ($initstate) assume (rst);

    always @* if (!$initstate) begin
        assert (!(stuck && stuck_q));
        // for the induction
        assert (!\dut.u_distributor.discard_q || \dut.u_distributor.active_q );
        if (stuck_q) assert (\dut.u_distributor.discard_q );
        assert (\dut.u_distributor.fill < W + 64 && (ALIGN == 1 || \dut.u_distributor.fill % 64 == 0));
        assert (!\dut.u_output.skid_valid_q || \dut.u_output.m_valid_q );

        cover (m_valid && m_last && m_error == 3'd0 && m_keep == 16'h0001);
        cover (m_valid && m_last && m_error == 3'd6);
        cover (stuck);
    end
endmodule

`resetall
