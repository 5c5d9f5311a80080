// SPDX-License-Identifier: Apache-2.0
// The skid buffer is a queue of two: items leave in the order and with the values in which they came, none is lost, none
// comes twice. It takes an item whenever it has room, and whenever it has one, and is ready for ever, one leaves each cycle.
`default_nettype none

module prove_skid_buffer #(
    parameter W = 8 // width of the payload
) (
    input wire         clk,
    input wire         rst,
    input wire         s_valid,
    input wire [W-1:0] s_data,
    input wire         m_ready
);
    wire           s_ready, m_valid;
    wire [W-1:0]   m_data;
    wire [7:0]     count;
    wire [2*W-1:0] items;

    dpr_skid_buffer #(.W(W)) dut (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
        .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data)
    );
    stream_rules #(.W(W)) u_rules (.clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload(m_data));
    item_queue #(.W(W), .DEPTH(2)) u_queue (
        .clk(clk), .rst(rst), .push(s_valid && s_ready), .s_item(s_data), .pop(m_valid && m_ready),
        .count(count), .items(items)
    );

    (* hierconn *) wire         \dut.skid_valid_q ;
    (* hierconn *) wire [W-1:0] \dut.skid_data_q ;

    always @* if ($initstate) assume (rst);

    always @* if (!$initstate) begin
        assert (m_valid == (count != 8'd0));
        assert (s_ready == (count != 8'd2));
        if (m_valid) assert (m_data == items[0 +: W]);
        // for the induction
        assert (\dut.skid_valid_q  == (count == 8'd2));
        if (count == 8'd2) assert (\dut.skid_data_q == items[W +: W]);

        cover (count == 8'd2 && m_ready && s_valid);
        cover (count == 8'd1 && m_ready && s_valid);
    end
endmodule

`resetall
