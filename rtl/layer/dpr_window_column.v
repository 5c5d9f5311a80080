// SPDX-License-Identifier: Apache-2.0
// One column of the window sequencer: where its window starts in the input, and the brick address of a step inside it.
// Addresses are kept as sums (no multiplier); arithmetic is modulo the memory size, exact for every brick inside the input.
`default_nettype none

module dpr_window_column #(
    parameter ADDR_W  = 12,  // activation memory address
    parameter COORD_W = 10   // signed input coordinate
) (
    input  wire               clk,
    // the column's window of the first pallet
    input  wire               init_en,
    input  wire [COORD_W-1:0] init_y,
    input  wire [COORD_W-1:0] init_x,
    input  wire [ADDR_W-1:0]  init_base,
    // movement
    input  wire               restart,      // back to the first pallet
    input  wire               advance,      // to the next pallet
    input  wire [COORD_W-1:0] pallet_y,
    input  wire [COORD_W-1:0] pallet_x,
    input  wire [ADDR_W-1:0]  pallet_base,
    input  wire [COORD_W-1:0] last_x,
    input  wire [COORD_W-1:0] wrap_x,
    input  wire [COORD_W-1:0] wrap_y,
    input  wire [ADDR_W-1:0]  wrap_base,
    // the step
    input  wire [3:0]         r,
    input  wire [COORD_W-1:0] s,
    input  wire [ADDR_W-1:0]  step_base,
    input  wire [COORD_W-1:0] height,
    input  wire [COORD_W-1:0] width,
    output wire               is_inside,      // the brick is in the input, not in the padding
    output wire [ADDR_W-1:0]  addr
);
    reg [COORD_W-1:0] first_y_q, first_x_q, y_q, x_q;
    reg [ADDR_W-1:0]  first_base_q, base_q;

    // one bit more: a whole row may lie between x_q and moved_x
    wire [COORD_W:0]   moved_x = {x_q[COORD_W-1], x_q} + {1'b0, pallet_x};
    wire               wrap    = $signed(moved_x) > $signed({last_x[COORD_W-1], last_x});

    always @(posedge clk) begin
        if (init_en) begin
            first_y_q    <= init_y;
            first_x_q    <= init_x;
            first_base_q <= init_base;
        end
        if (init_en) begin
            y_q    <= init_y;
            x_q    <= init_x;
            base_q <= init_base;
        end else if (restart) begin
            y_q    <= first_y_q;
            x_q    <= first_x_q;
            base_q <= first_base_q;
        end else if (advance) begin
            y_q    <= y_q + pallet_y + (wrap ? wrap_y : {COORD_W{1'b0}});
            x_q    <= moved_x[COORD_W-1:0] - (wrap ? wrap_x : {COORD_W{1'b0}});
            base_q <= base_q + pallet_base + (wrap ? wrap_base : {ADDR_W{1'b0}});
        end
    end

    // unsigned comparison: a negative coordinate is larger than any height or width
    wire [COORD_W-1:0] y = y_q + {{(COORD_W-4){1'b0}}, r};
    wire [COORD_W-1:0] x = x_q + s;
    assign is_inside = y < height && x < width;
    assign addr   = base_q + step_base;
endmodule

`resetall
