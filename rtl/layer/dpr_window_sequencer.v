// SPDX-License-Identifier: Apache-2.0
// Walks a layer: passes, pallets of COLS windows in raster order, steps (r, s, channel brick of the pass's group). Every cycle it
// can name the COLS bricks of the next pallet step (docs/architecture.md section 8). The first pallet's windows are laid out one
// column a cycle after start; from then on a whole pallet moves in one cycle.
`default_nettype none

module dpr_window_sequencer #(
    parameter COLS    = 16,  // windows of a pallet
    parameter ADDR_W  = 12,  // activation memory address
    parameter WADDR_W = 10,  // weight memory address
    parameter COORD_W = 10   // signed input coordinate
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   start,
    // layer registers
    input  wire [COORD_W-1:0]     height,
    input  wire [COORD_W-1:0]     width,
    input  wire [7:0]             bricks,
    input  wire [3:0]             kernel_h,
    input  wire [COORD_W-1:0]     kernel_w,
    input  wire [WADDR_W-1:0]     steps,
    input  wire [7:0]             passes,
    input  wire [7:0]             group_passes,
    input  wire [15:0]            windows,
    input  wire [COORD_W-1:0]     origin,
    input  wire [ADDR_W-1:0]      origin_base,
    input  wire [COORD_W-1:0]     stride,
    input  wire [ADDR_W-1:0]      stride_base,
    input  wire [COORD_W-1:0]     last_x,
    input  wire [COORD_W-1:0]     wrap_x,
    input  wire [COORD_W-1:0]     wrap_y,
    input  wire [ADDR_W-1:0]      wrap_base,
    input  wire [ADDR_W-1:0]      position_skip,
    input  wire [ADDR_W-1:0]      row_skip,
    input  wire [COORD_W-1:0]     pallet_x,
    input  wire [COORD_W-1:0]     pallet_y,
    input  wire [ADDR_W-1:0]      pallet_base,
    // pallet steps
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [COLS*ADDR_W-1:0] m_addr,    // brick of column c at [c*ADDR_W +: ADDR_W]
    output wire [COLS-1:0]        m_inside,  // 0: the column's brick is padding, or there is no such window
    output wire                   m_first,   // first step of a pallet
    output wire                   m_last,    // last step of a pallet
    output wire [WADDR_W-1:0]     m_waddr
);
    localparam COL_W = COLS > 1 ? $clog2(COLS) : 1;
    localparam [15:0] PALLET = COLS[15:0];

    // ---- lay out the first pallet: a cursor visits its windows
    reg                init_q;
    reg [COL_W-1:0]    col_q;
    reg [COORD_W-1:0]  cursor_y_q, cursor_x_q;
    reg [ADDR_W-1:0]   cursor_base_q;
    wire [COORD_W:0]   cursor_next = {cursor_x_q[COORD_W-1], cursor_x_q} + {1'b0, stride};
    wire               cursor_wrap = $signed(cursor_next) > $signed({last_x[COORD_W-1], last_x});
    wire               init_last   = {{(32-COL_W){1'b0}}, col_q} == COLS - 1;

    always @(posedge clk) begin
        if (rst) init_q <= 1'b0;
        else if (start) init_q <= 1'b1;
        else if (init_last) init_q <= 1'b0;
        if (start) begin
            col_q         <= {COL_W{1'b0}};
            cursor_y_q    <= origin;
            cursor_x_q    <= origin;
            cursor_base_q <= origin_base;
        end else begin
            col_q         <= col_q + 1'b1;
            cursor_y_q    <= cursor_wrap ? cursor_y_q + wrap_y : cursor_y_q;
            cursor_x_q    <= cursor_wrap ? origin : cursor_next[COORD_W-1:0];
            cursor_base_q <= cursor_base_q + stride_base + (cursor_wrap ? wrap_base : {ADDR_W{1'b0}});
        end
    end

    // ---- the loop nest: pass, pallet, r, s, brick; the group's bricks begin group_base_q after the window's first
    reg                active_q, first_q;
    reg [7:0]          pass_q, group_pass_q, brick_q;
    reg [15:0]         window_q;             // first window of the pallet
    reg [3:0]          r_q;
    reg [COORD_W-1:0]  s_q;
    reg [ADDR_W-1:0]   step_base_q, group_base_q;
    reg [WADDR_W-1:0]  waddr_q, pass_waddr_q;

    wire take        = m_valid && m_ready;
    wire brick_last  = brick_q == bricks - 1'b1;
    wire s_last      = s_q == kernel_w - 1'b1;
    wire r_last      = r_q == kernel_h - 1'b1;
    wire step_last   = brick_last && s_last && r_last;
    wire pallet_last = {1'b0, window_q} + {1'b0, PALLET} >= {1'b0, windows};
    wire pass_last   = pass_q == passes - 1'b1;
    wire group_last  = group_pass_q == group_passes - 1'b1;
    wire begin_loop  = init_q && init_last;

    wire [ADDR_W+7:0] group_bricks = {{ADDR_W{1'b0}}, bricks};
    wire [ADDR_W-1:0] next_group   = group_base_q + (group_last ? group_bricks[ADDR_W-1:0] : {ADDR_W{1'b0}});
    wire unused = &{1'b0, group_bricks[ADDR_W +: 8]};

    always @(posedge clk) begin
        if (rst) active_q <= 1'b0;
        else if (begin_loop) active_q <= 1'b1;
        else if (take && step_last && pallet_last && pass_last) active_q <= 1'b0;
        if (begin_loop) begin
            pass_q       <= 8'd0;
            pass_waddr_q <= {WADDR_W{1'b0}};
            group_pass_q <= 8'd0;
            group_base_q <= {ADDR_W{1'b0}};
        end else if (take && step_last && pallet_last) begin
            pass_q       <= pass_q + 1'b1;
            pass_waddr_q <= pass_waddr_q + steps;
            group_pass_q <= group_last ? 8'd0 : group_pass_q + 1'b1;
            group_base_q <= next_group;
        end
        if (begin_loop || (take && step_last)) begin
            window_q    <= begin_loop || pallet_last ? 16'd0 : window_q + PALLET;
            waddr_q     <= begin_loop ? {WADDR_W{1'b0}} : pallet_last ? pass_waddr_q + steps : pass_waddr_q;
            first_q     <= 1'b1;
            brick_q     <= 8'd0;
            r_q         <= 4'd0;
            s_q         <= {COORD_W{1'b0}};
            step_base_q <= begin_loop ? {ADDR_W{1'b0}} : pallet_last ? next_group : group_base_q;
        end else if (take) begin
            waddr_q     <= waddr_q + 1'b1;
            first_q     <= 1'b0;
            brick_q     <= brick_last ? 8'd0 : brick_q + 1'b1;
            if (brick_last) s_q <= s_last ? {COORD_W{1'b0}} : s_q + 1'b1;
            if (brick_last && s_last) r_q <= r_q + 1'b1;
            step_base_q <= step_base_q + (!brick_last ? {{(ADDR_W-1){1'b0}}, 1'b1} : s_last ? row_skip : position_skip);
        end
    end

    // ---- the columns
    wire [COLS-1:0] column_inside;
    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_column
            localparam [15:0] COLUMN = c;
            dpr_window_column #(
                .ADDR_W(ADDR_W), .COORD_W(COORD_W)
            ) u_column (
                .clk        (clk),
                .init_en    (init_q && {{(16-COL_W){1'b0}}, col_q} == COLUMN),
                .init_y     (cursor_y_q),
                .init_x     (cursor_x_q),
                .init_base  (cursor_base_q),
                .restart    (take && step_last && pallet_last),
                .advance    (take && step_last && !pallet_last),
                .pallet_y   (pallet_y),
                .pallet_x   (pallet_x),
                .pallet_base(pallet_base),
                .last_x     (last_x),
                .wrap_x     (wrap_x),
                .wrap_y     (wrap_y),
                .wrap_base  (wrap_base),
                .r          (r_q),
                .s          (s_q),
                .step_base  (step_base_q),
                .height     (height),
                .width      (width),
                .is_inside  (column_inside[c]),
                .addr       (m_addr[c*ADDR_W +: ADDR_W])
            );
            assign m_inside[c] = column_inside[c] && {1'b0, window_q} + {1'b0, COLUMN} < {1'b0, windows};
        end
    endgenerate

    assign m_valid = active_q;
    assign m_first = first_q;
    assign m_last  = step_last;
    assign m_waddr = waddr_q;
endmodule

`resetall
