// SPDX-License-Identifier: Apache-2.0
// One pipeline register of a stream: breaks the paths of valid and data, not that of ready (see dpr_skid_buffer).
// Full throughput, one cycle of latency, room for one item.

`default_nettype none

module dpr_pipe_stage #(
    parameter W = 64 // width of the payload
) (
    input  wire         clk,
    input  wire         rst,
    // in
    input  wire         s_valid,
    output wire         s_ready, // the stage is empty or its item leaves in this cycle
    input  wire [W-1:0] s_data,
    // out
    output wire         m_valid,
    input  wire         m_ready,
    output wire [W-1:0] m_data
);

    reg         valid_q;
    reg [W-1:0] data_q;

    assign s_ready = !valid_q || m_ready;
    assign m_valid = valid_q;
    assign m_data  = data_q;

    always @(posedge clk) begin
        if (rst) valid_q <= 1'b0;
        else if (s_ready) valid_q <= s_valid;
    end

    always @(posedge clk)
        if (s_ready) data_q <= s_data;

endmodule

`resetall
