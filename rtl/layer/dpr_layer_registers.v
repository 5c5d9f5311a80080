// SPDX-License-Identifier: Apache-2.0
// Configuration registers of a layer: write-only, 32 bits a word, stable while a layer runs. The map is documented in
// docs/blocks/layer.md; models/layer_registers.py computes the values (and a test compares its map with this file).
`default_nettype none

module dpr_layer_registers #(
    parameter P       = 16,  // maximum precision in bits
    parameter ADDR_W  = 12,  // activation memory address
    parameter WADDR_W = 10,  // weight memory address
    parameter OADDR_W = 12,  // output memory address
    parameter COORD_W = 10,  // signed input coordinate
    // derived: do not override
    parameter OFF_W   = $clog2(P)
) (
    input  wire               clk,
    // write port
    input  wire               w_en,
    input  wire [4:0]         w_addr,
    input  wire [31:0]        w_data,
    // input tensor
    output reg  [COORD_W-1:0] height,
    output reg  [COORD_W-1:0] width,
    output reg  [7:0]         bricks,       // bricks of a group at one position
    output reg                is_signed,
    output reg  [OFF_W-1:0]   n_l,
    // filter
    output reg  [3:0]         kernel_h,
    output reg  [COORD_W-1:0] kernel_w,
    output reg  [WADDR_W-1:0] steps,        // kernel_h * kernel_w * bricks
    output reg  [7:0]         passes,
    output reg  [7:0]         group_passes, // passes that read the same channels
    output reg  [WADDR_W-1:0] row_words,    // words of WM that are loaded row by row
    // windows
    output reg  [15:0]        windows,
    output reg  [COORD_W-1:0] origin,       // -pad
    output reg  [ADDR_W-1:0]  origin_base,
    output reg  [COORD_W-1:0] stride,       // in x
    output reg  [ADDR_W-1:0]  stride_base,
    output reg  [COORD_W-1:0] last_x,       // x of the last window of a row
    output reg  [COORD_W-1:0] wrap_x,       // out_width * stride
    output reg  [COORD_W-1:0] wrap_y,       // from a row of windows to the next one
    output reg  [ADDR_W-1:0]  wrap_base,
    output reg  [ADDR_W-1:0]  position_skip, // from a group's last brick at a position to its first at the next one
    output reg  [ADDR_W-1:0]  row_skip,     // the same from the end of a filter row
    output reg  [COORD_W-1:0] pallet_x,     // (COLS mod out_width) * stride
    output reg  [COORD_W-1:0] pallet_y,     // (COLS div out_width) * stride
    output reg  [ADDR_W-1:0]  pallet_base,
    // core
    output reg                is_static,    // precision n_h - n_l + 1 for every step
    output reg  [OFF_W-1:0]   n_h,
    output reg                serial,       // fully connected on TRT
    output reg                pool,         // max pooling on TRT
    output reg  [4:0]         slices,       // columns that share an output
    // output
    output reg  [5:0]         shift,
    output reg  [OFF_W-1:0]   n_l_out,
    output reg                relu,
    output reg  [OADDR_W:0]   out_bricks,
    output reg  [OADDR_W-1:0] pass_bricks,  // from a pass's first brick of outputs to the next pass's
    output reg  [OADDR_W-1:0] window_bricks // from a window's brick to the next window's
);
    wire unused = &{1'b0, w_data};

    always @(posedge clk) if (w_en) begin
        case (w_addr)
            5'd0:  height      <= w_data[COORD_W-1:0];
            5'd1:  width       <= w_data[COORD_W-1:0];
            5'd2:  bricks      <= w_data[7:0];
            5'd3:  {n_l, is_signed} <= w_data[OFF_W:0];
            5'd4:  kernel_h    <= w_data[3:0];
            5'd5:  kernel_w    <= w_data[COORD_W-1:0];
            5'd6:  steps       <= w_data[WADDR_W-1:0];
            5'd7:  passes      <= w_data[7:0];
            5'd8:  windows     <= w_data[15:0];
            5'd9:  origin      <= w_data[COORD_W-1:0];
            5'd10: origin_base <= w_data[ADDR_W-1:0];
            5'd11: stride      <= w_data[COORD_W-1:0];
            5'd12: stride_base <= w_data[ADDR_W-1:0];
            5'd13: last_x      <= w_data[COORD_W-1:0];
            5'd14: wrap_x      <= w_data[COORD_W-1:0];
            5'd15: wrap_base   <= w_data[ADDR_W-1:0];
            5'd16: row_skip    <= w_data[ADDR_W-1:0];
            5'd17: pallet_x    <= w_data[COORD_W-1:0];
            5'd18: pallet_y    <= w_data[COORD_W-1:0];
            5'd19: pallet_base <= w_data[ADDR_W-1:0];
            5'd20: shift       <= w_data[5:0];
            5'd21: {n_l_out, relu} <= w_data[OFF_W:0];
            5'd22: out_bricks  <= w_data[OADDR_W:0];
            5'd23: {n_h, is_static} <= w_data[OFF_W:0];
            5'd24: position_skip <= w_data[ADDR_W-1:0];
            5'd25: group_passes <= w_data[7:0];
            5'd26: row_words   <= w_data[WADDR_W-1:0];
            5'd27: wrap_y      <= w_data[COORD_W-1:0];
            5'd28: {slices, pool, serial} <= w_data[6:0];
            5'd29: pass_bricks <= w_data[OADDR_W-1:0];
            5'd30: window_bricks <= w_data[OADDR_W-1:0];
            default: ;
        endcase
    end
endmodule

`resetall
