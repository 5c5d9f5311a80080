// SPDX-License-Identifier: Apache-2.0
// Weight memory of a tile: ROWS banks of bricks, written one brick at a time, read as a word of ROWS bricks (paper section
// 5.1: 256 weights a cycle). A second one, as wide as a bias, keeps the biases of the filters.
`default_nettype none

module dpr_weight_memory #(
    parameter ROWS    = 16,    // banks
    parameter BRICK_W = 256,   // bits of a bank's word
    parameter WORDS   = 1024,  // depth
    // derived: do not override
    parameter ADDR_W  = WORDS > 1 ? $clog2(WORDS) : 1,
    parameter ROW_W   = ROWS > 1 ? $clog2(ROWS) : 1
) (
    input  wire                    clk,
    // write port: one bank
    input  wire                    w_en,
    input  wire [ROW_W-1:0]        w_row,
    input  wire [ADDR_W-1:0]       w_addr,
    input  wire [BRICK_W-1:0]      w_data,
    // read port: all banks, one cycle latency
    input  wire                    r_en,
    input  wire [ADDR_W-1:0]       r_addr,
    output wire [ROWS*BRICK_W-1:0] r_data  // bank r at [r*BRICK_W +: BRICK_W]
);
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_bank
            localparam [ROW_W-1:0] ROW = r;
            dpr_ram #(
                .WIDTH(BRICK_W), .DEPTH(WORDS)
            ) u_ram (
                .clk   (clk),
                .w_en  (w_en && w_row == ROW),
                .w_addr(w_addr),
                .w_data(w_data),
                .r_en  (r_en),
                .r_addr(r_addr),
                .r_data(r_data[r*BRICK_W +: BRICK_W])
            );
        end
    endgenerate
endmodule

`resetall
