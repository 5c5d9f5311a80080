// SPDX-License-Identifier: Apache-2.0
// Streams the output memory, in address order, to the compressor: one brick a cycle when it is taken.
`default_nettype none

module dpr_store_unit #(
    parameter BRICK_W = 256,  // bits of a brick
    parameter ADDR_W  = 12    // output memory address
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               start,
    input  wire [ADDR_W:0]    count,   // bricks to stream, at least 1
    // output memory, one cycle latency, data kept until the next read
    output wire               r_en,
    output wire [ADDR_W-1:0]  r_addr,
    input  wire [BRICK_W-1:0] r_data,
    // bricks
    output wire               m_valid,
    input  wire               m_ready,
    output wire [BRICK_W-1:0] m_data,
    output wire               m_last
);
    reg              active_q, valid_q, last_q;
    reg [ADDR_W-1:0] addr_q;

    wire last = {1'b0, addr_q} + 1'b1 == count;

    always @(posedge clk) begin
        if (rst) begin
            active_q <= 1'b0;
            valid_q  <= 1'b0;
        end else begin
            if (start) active_q <= 1'b1;
            else if (r_en && last) active_q <= 1'b0;
            if (r_en) valid_q <= 1'b1;
            else if (m_ready) valid_q <= 1'b0;
        end
        if (start) addr_q <= {ADDR_W{1'b0}};
        else if (r_en) addr_q <= addr_q + 1'b1;
        if (r_en) last_q <= last;
    end

    assign r_en    = active_q && (!valid_q || m_ready);
    assign r_addr  = addr_q;
    assign m_valid = valid_q;
    assign m_data  = r_data;
    assign m_last  = last_q;
endmodule

`resetall
