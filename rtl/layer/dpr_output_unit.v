// SPDX-License-Identifier: Apache-2.0
// Takes the reducer's columns, requantises the ROWS sums of a window and writes them to the output memory as one brick at
// window * passes + pass: the layout in which the next layer reads them. Columns past the last window are dropped. In a serial
// layer each column that the core keeps is the next brick, with biases of its own.
`default_nettype none

module dpr_output_unit #(
    parameter P       = 16,  // bits of an output value
    parameter ROWS    = 16,  // sums of a column
    parameter ACC_W   = 48,  // bits of a sum
    parameter BIAS_W  = 32,  // bits of a bias
    parameter OADDR_W = 12,  // output memory address
    // derived: do not override
    parameter OFF_W   = $clog2(P)
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   start,
    // layer registers
    input  wire [15:0]            windows,
    input  wire [7:0]             passes,
    input  wire                   serial,
    input  wire [OADDR_W-1:0]     pass_bricks,
    input  wire [OADDR_W-1:0]     window_bricks,
    input  wire [5:0]             shift,
    input  wire                   relu,
    input  wire [OFF_W-1:0]       n_l,
    // columns from the core, always taken
    input  wire                   s_valid,
    input  wire [ROWS*ACC_W-1:0]  s_sums,
    input  wire                   s_keep,    // the column holds results
    input  wire                   s_last,    // last column of a pallet
    // biases of a pass, or of a serial layer's column
    output wire                   bias_en,
    output wire [7:0]             bias_addr,
    input  wire [ROWS*BIAS_W-1:0] bias_data,
    // output memory
    output wire                   m_en,
    output wire [OADDR_W-1:0]     m_addr,
    output wire [ROWS*P-1:0]      m_data,
    output wire                   done       // the layer's last brick has been written
);
    reg [15:0]        window_q;
    reg [7:0]         pass_q, bias_q;
    reg [OADDR_W-1:0] addr_q, pass_addr_q;
    reg               load_q;

    // the pallet that holds the last window is the last of its pass
    wire in_range  = window_q < windows;
    wire pass_end  = s_valid && s_last && {1'b0, window_q} + 17'd1 >= {1'b0, windows};
    wire layer_end = pass_end && pass_q == passes - 1'b1;
    wire keep      = s_valid && s_keep && in_range;
    wire next_bias = serial ? keep : pass_end;

    wire [OADDR_W-1:0] next_pass = pass_addr_q + pass_bricks;

    always @(posedge clk) begin
        load_q <= start && !rst;
        if (start || pass_end) begin
            window_q    <= 16'd0;
            pass_q      <= start ? 8'd0 : pass_q + 1'b1;
            pass_addr_q <= start ? {OADDR_W{1'b0}} : next_pass;
            addr_q      <= start ? {OADDR_W{1'b0}} : next_pass;
        end else if (s_valid) begin
            window_q <= window_q + 16'd1;
            if (keep) addr_q <= addr_q + window_bricks;
        end
        if (start) bias_q <= 8'd0;
        else if (next_bias) bias_q <= bias_q + 1'b1;
    end

    // a word is read in the cycle in which the last column of the word before is taken: columns may follow without a gap
    assign bias_en   = load_q || next_bias;
    assign bias_addr = bias_q + {7'd0, next_bias};

    // the requantisers take two cycles
    reg               v1_q, v2_q, d1_q, d2_q;
    reg [OADDR_W-1:0] a1_q, a2_q;
    always @(posedge clk) begin
        v1_q <= keep && !rst;
        v2_q <= v1_q && !rst;
        d1_q <= layer_end && !rst;
        d2_q <= d1_q && !rst;
        a1_q <= addr_q;
        a2_q <= a1_q;
    end

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            dpr_requantizer #(
                .P(P), .ACC_W(ACC_W), .BIAS_W(BIAS_W)
            ) u_requantizer (
                .clk  (clk),
                .acc  (s_sums[r*ACC_W +: ACC_W]),
                .bias (bias_data[r*BIAS_W +: BIAS_W]),
                .shift(shift),
                .relu (relu),
                .n_l  (n_l),
                .value(m_data[r*P +: P])
            );
        end
    endgenerate

    assign m_en   = v2_q;
    assign m_addr = a2_q;
    assign done   = d2_q;
endmodule

`resetall
