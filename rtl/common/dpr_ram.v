// SPDX-License-Identifier: Apache-2.0
// One write port, one read port, synchronous read, output kept until the next read. Maps to block RAM; a tape-out replaces
// this one module by a memory macro.
`default_nettype none

module dpr_ram #(
    parameter WIDTH  = 256,   // bits of a word
    parameter DEPTH  = 4096,  // words
    // derived: do not override
    parameter ADDR_W = DEPTH > 1 ? $clog2(DEPTH) : 1
) (
    input  wire              clk,
    // write port
    input  wire              w_en,
    input  wire [ADDR_W-1:0] w_addr,
    input  wire [WIDTH-1:0]  w_data,
    // read port: data one cycle after r_en
    input  wire              r_en,
    input  wire [ADDR_W-1:0] r_addr,
    output wire [WIDTH-1:0]  r_data
);
    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [WIDTH-1:0] r_data_q;

    always @(posedge clk) begin
        if (w_en) mem[w_addr] <= w_data;
        if (r_en) r_data_q <= mem[r_addr];
    end

    assign r_data = r_data_q;
endmodule

`resetall
