// SPDX-License-Identifier: Apache-2.0
// A pipeline stage is a queue of one: items leave in the order and with the values in which they came, none is lost, none
// comes twice. It takes an item when it is empty or its item leaves in the same cycle.
`default_nettype none

module prove_pipe_stage #(
    parameter W = 8 // width of the payload
) (
    input wire         clk,
    input wire         rst,
    input wire         s_valid,
    input wire [W-1:0] s_data,
    input wire         m_ready
);
    wire         s_ready, m_valid;
    wire [W-1:0] m_data;
    wire [7:0]   count;
    wire [W-1:0] items;

    dpr_pipe_stage #(.W(W)) dut (
        .clk(clk), .rst(rst), .s_valid(s_valid), .s_ready(s_ready), .s_data(s_data),
        .m_valid(m_valid), .m_ready(m_ready), .m_data(m_data)
    );
    stream_rules #(.W(W)) u_rules (.clk(clk), .rst(rst), .valid(m_valid), .ready(m_ready), .payload(m_data));
    item_queue #(.W(W), .DEPTH(1)) u_queue (
        .clk(clk), .rst(rst), .push(s_valid && s_ready), .s_item(s_data), .pop(m_valid && m_ready),
        .count(count), .items(items)
    );

    always @* if ($initstate) assume (rst);

    always @* if (!$initstate) begin
        assert (m_valid == (count != 8'd0));
        assert (s_ready == (count == 8'd0 || m_ready));
        if (m_valid) assert (m_data == items);

        cover (count == 8'd1 && !m_ready && s_valid);
        cover (count == 8'd1 && m_ready && s_valid);
    end
endmodule

`resetall
