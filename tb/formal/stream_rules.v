// SPDX-License-Identifier: Apache-2.0
// The rules that the sender of a stream keeps (AXI4-Stream): an offered item stays, with the same payload, until it is
// taken; after a cycle of reset nothing is offered. Valid may come and ready may go at any time.
`default_nettype none

module stream_rules #(
    parameter W = 8 // bits of the payload
) (
    input wire         clk,
    input wire         rst,
    input wire         valid,
    input wire         ready,
    input wire [W-1:0] payload
);
    reg         stalled_q, reset_q;
    reg [W-1:0] payload_q;

    always @(posedge clk) begin
        stalled_q <= valid && !ready && !rst;
        reset_q   <= rst;
        payload_q <= payload;
    end

    always @* if (!$initstate) begin
        if (stalled_q) assert (valid && payload == payload_q);
        if (reset_q) assert (!valid);
    end

    always @* begin
        cover (!$initstate && stalled_q && valid && ready);
        cover (!$initstate && reset_q && !rst);
    end
endmodule

`resetall
