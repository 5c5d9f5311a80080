// SPDX-License-Identifier: Apache-2.0
// Activation memory with a read port per column: COLS copies of one RAM, written together, so that any COLS bricks can be read
// in one cycle and the dispatcher never waits. Read data keeps until the next read. (The paper's central AM is one banked
// eDRAM; a banked version needs a brick pool in front of the dispatcher and stalls on conflicts.)
`default_nettype none

module dpr_activation_memory #(
    parameter COLS    = 16,    // read ports
    parameter BRICK_W = 256,   // bits of a brick
    parameter BRICKS  = 4096,  // depth
    // derived: do not override
    parameter ADDR_W  = BRICKS > 1 ? $clog2(BRICKS) : 1
) (
    input  wire                    clk,
    // write port
    input  wire                    w_en,
    input  wire [ADDR_W-1:0]       w_addr,
    input  wire [BRICK_W-1:0]      w_data,
    // read ports, one cycle latency
    input  wire                    r_en,
    input  wire [COLS*ADDR_W-1:0]  r_addr,    // column c at [c*ADDR_W +: ADDR_W]
    input  wire [COLS-1:0]         r_inside,  // 0: the column reads zeros
    output wire [COLS*BRICK_W-1:0] r_data     // column c at [c*BRICK_W +: BRICK_W]
);
    reg [COLS-1:0] inside_q;
    always @(posedge clk) if (r_en) inside_q <= r_inside;

    genvar c;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_copy
            wire [BRICK_W-1:0] brick;
            dpr_ram #(
                .WIDTH(BRICK_W), .DEPTH(BRICKS)
            ) u_ram (
                .clk   (clk),
                .w_en  (w_en),
                .w_addr(w_addr),
                .w_data(w_data),
                .r_en  (r_en && r_inside[c]),
                .r_addr(r_addr[c*ADDR_W +: ADDR_W]),
                .r_data(brick)
            );
            assign r_data[c*BRICK_W +: BRICK_W] = inside_q[c] ? brick : {BRICK_W{1'b0}};
        end
    endgenerate
endmodule

`resetall
