// SPDX-License-Identifier: Apache-2.0
// Configuration registers of a convolution layer: write-only, 32 bits a word, stable while a layer runs. The map is documented in
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
    output reg  [7:0]         bricks,       // channel bricks of the input
    output reg                is_signed,
    output reg  [OFF_W-1:0]   n_l,
    // filter
    output reg  [3:0]         kernel_h,
    output reg  [3:0]         kernel_w,
    output reg  [WADDR_W-1:0] steps,        // kernel_h * kernel_w * bricks
    output reg  [7:0]         passes,
    // windows
    output reg  [15:0]        windows,
    output reg  [COORD_W-1:0] origin,       // -pad
    output reg  [ADDR_W-1:0]  origin_base,  // -pad * (width + 1) * bricks
    output reg  [COORD_W-1:0] stride,
    output reg  [ADDR_W-1:0]  stride_base,  // stride * bricks
    output reg  [COORD_W-1:0] last_x,       // x of the last window of a row
    output reg  [COORD_W-1:0] wrap_x,       // out_width * stride
    output reg  [ADDR_W-1:0]  wrap_base,    // (stride * width - wrap_x) * bricks
    output reg  [ADDR_W-1:0]  row_skip,     // (width - kernel_w) * bricks + 1
    output reg  [COORD_W-1:0] pallet_x,     // (COLS mod out_width) * stride
    output reg  [COORD_W-1:0] pallet_y,     // (COLS div out_width) * stride
    output reg  [ADDR_W-1:0]  pallet_base,  // (pallet_y * width + pallet_x) * bricks
    // output
    output reg  [5:0]         shift,
    output reg  [OFF_W-1:0]   n_l_out,
    output reg                relu,
    output reg  [OADDR_W:0]   out_bricks    // windows * passes
);
    wire unused = &{1'b0, w_data};

    always @(posedge clk) if (w_en) begin
        case (w_addr)
            5'd0:  height      <= w_data[COORD_W-1:0];
            5'd1:  width       <= w_data[COORD_W-1:0];
            5'd2:  bricks      <= w_data[7:0];
            5'd3:  {n_l, is_signed} <= w_data[OFF_W:0];
            5'd4:  kernel_h    <= w_data[3:0];
            5'd5:  kernel_w    <= w_data[3:0];
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
            default: ;
        endcase
    end
endmodule

`resetall
