// SPDX-License-Identifier: Apache-2.0
// For serial weights (TRT, fully connected layers, paper section 5.3.1): the precision of each step's weights, from a table that
// software writes, and where the step's words begin, which is the sum of the words of the steps before it.
`default_nettype none

module dpr_step_precisions #(
    parameter P              = 16,    // maximum precision in bits
    parameter BITS_PER_CYCLE = 1,     // bits of a weight in a word
    parameter WORDS          = 1024,  // weight memory; no more steps than words
    // derived: do not override
    parameter P_W            = $clog2(P) + 1,
    parameter WADDR_W        = WORDS > 1 ? $clog2(WORDS) : 1
) (
    input  wire               clk,
    // write port of the table
    input  wire               w_en,
    input  wire [WADDR_W-1:0] w_addr,
    input  wire [P_W-1:0]     w_data,
    // the step that is fetched
    input  wire               r_en,
    input  wire [WADDR_W-1:0] r_addr,  // number of the step, over all passes
    // the step that was fetched
    input  wire               start,   // the next one is the layer's first
    input  wire               taken,   // it leaves
    output wire [P_W-1:0]     p_w,     // kept until the next fetch
    output wire [WADDR_W-1:0] waddr    // its first word
);
    dpr_ram #(
        .WIDTH(P_W), .DEPTH(WORDS)
    ) u_table (
        .clk(clk), .w_en(w_en), .w_addr(w_addr), .w_data(w_data), .r_en(r_en), .r_addr(r_addr), .r_data(p_w)
    );

    // ceil(max(1, p_w) / BITS_PER_CYCLE) words, modulo the memory
    wire [P_W-1:0]         last_bit = |p_w ? p_w - 1'b1 : {P_W{1'b0}};
    wire [P_W+WADDR_W-1:0] words    = {{WADDR_W{1'b0}}, last_bit >> $clog2(BITS_PER_CYCLE)} + 1'b1;

    reg [WADDR_W-1:0] waddr_q;
    always @(posedge clk) begin
        if (start) waddr_q <= {WADDR_W{1'b0}};
        else if (taken) waddr_q <= waddr_q + words[WADDR_W-1:0];
    end

    assign waddr = waddr_q;

    wire unused = &{1'b0, words[WADDR_W +: P_W]};
endmodule

`resetall
