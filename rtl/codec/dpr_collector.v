// SPDX-License-Identifier: Apache-2.0
// Takes the engines' groups back in order and turns them into the output stream. From a tensor's first error on its
// groups are dropped; the last one becomes an empty beat that reports the error.

`include "dpr_codec_errors.vh"
`default_nettype none

module dpr_collector #(
    parameter P       = 16, // bits of a value
    parameter ENGINES = 16  // decompression engines
) (
    input  wire                    clk,
    input  wire                    rst,
    // groups of engine e
    input  wire [ENGINES-1:0]      s_valid,
    output wire [ENGINES-1:0]      s_ready,
    input  wire [ENGINES*16*P-1:0] s_values, // at [e*16*P +: 16*P]
    input  wire [ENGINES*16-1:0]   s_keep,   // at [e*16 +: 16]
    input  wire [ENGINES-1:0]      s_last,
    input  wire [ENGINES*3-1:0]    s_error,  // at [e*3 +: 3]
    // groups in order
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [16*P-1:0]         m_values,
    output wire [15:0]             m_keep,
    output wire                    m_last,
    output wire [2:0]              m_error   // OK unless m_last
);

    wire [(ENGINES > 1 ? $clog2(ENGINES) : 1)-1:0] turn;
    wire advance;
    dpr_round_robin #(.N(ENGINES)) u_turn (.clk(clk), .rst(rst), .advance(advance), .index(turn));

    wire       valid       = s_valid[turn];
    wire       last        = s_last[turn];
    wire [2:0] group_error = s_error[turn*3 +: 3];

    reg [2:0]  error_q; // the tensor's first error so far
    wire [2:0] error = error_q != `DPR_ERROR_OK ? error_q : group_error;
    wire       good  = error == `DPR_ERROR_OK;
    wire       pass  = good || last; // makes an output beat

    assign m_valid  = valid && pass;
    assign m_values = s_values[turn*16*P +: 16*P];
    assign m_keep   = good ? s_keep[turn*16 +: 16] : 16'd0;
    assign m_last   = last;
    assign m_error  = error;

    assign advance = valid && (!pass || m_ready);
    assign s_ready = {{(ENGINES-1){1'b0}}, !pass || m_ready} << turn;

    always @(posedge clk) begin
        if (rst) error_q <= `DPR_ERROR_OK;
        else if (advance) error_q <= last ? `DPR_ERROR_OK : error;
    end

endmodule

`resetall
