// SPDX-License-Identifier: Apache-2.0
// Two-entry buffer that cuts a stream in both directions: valid, data and ready all come from registers, so the
// receiver's ready is no path into the sender. Full throughput, one cycle of latency.

`default_nettype none

module dpr_skid_buffer #(
    parameter W = 64 // width of the payload
) (
    input  wire         clk,
    input  wire         rst,
    // in
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [W-1:0] s_data,
    // out
    output wire         m_valid,
    input  wire         m_ready,
    output wire [W-1:0] m_data
);

    reg         m_valid_q;
    reg         skid_valid_q; // holds the item that came in the cycle in which the output stalled
    reg [W-1:0] m_data_q;
    reg [W-1:0] skid_data_q;

    wire m_load = !m_valid_q || m_ready;

    assign s_ready = !skid_valid_q;
    assign m_valid = m_valid_q;
    assign m_data  = m_data_q;

    always @(posedge clk) begin
        if (rst) begin
            m_valid_q    <= 1'b0;
            skid_valid_q <= 1'b0;
        end else begin
            if (m_load) m_valid_q <= s_valid || skid_valid_q;
            skid_valid_q <= !m_load && (s_valid || skid_valid_q);
        end
    end

    always @(posedge clk) begin
        if (m_load) m_data_q <= skid_valid_q ? skid_data_q : s_data;
        if (s_ready) skid_data_q <= s_data;
    end

endmodule

`resetall
