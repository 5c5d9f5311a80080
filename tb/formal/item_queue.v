// SPDX-License-Identifier: Apache-2.0
// What a stream buffer of up to DEPTH items must do: a plain queue that follows its handshakes. Item 0 leaves next; items at and
// above `count` are meaningless. A buffer that overfills it or takes from an empty one violates the assertion.
`default_nettype none

module item_queue #(
    parameter W     = 8, // bits of an item
    parameter DEPTH = 2  // items, at least 2
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               push,
    input  wire [W-1:0]       s_item,
    input  wire               pop,
    output wire [7:0]         count,
    output wire [DEPTH*W-1:0] items // item i at [i*W +: W]
);
    reg [7:0]         count_q;
    reg [DEPTH*W-1:0] items_q, next;

    assign count = count_q;
    assign items = items_q;

    integer i;
    always @* begin
        next = pop ? items_q >> W : items_q;
        for (i = 0; i < DEPTH; i = i + 1)
            if (push && count_q - {7'd0, pop} == i) next[i*W +: W] = s_item;
    end

    always @(posedge clk) begin
        items_q <= next;
        if (rst) count_q <= 8'd0;
        else count_q <= count_q + {7'd0, push} - {7'd0, pop};
    end

    always @* if (!$initstate) begin
        assert (count_q <= DEPTH);
        if (pop && !rst) assert (count_q != 8'd0);
        if (push && !pop && !rst) assert (count_q != DEPTH);
    end
endmodule

`resetall
