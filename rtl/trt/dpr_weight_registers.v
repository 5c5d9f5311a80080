// SPDX-License-Identifier: Apache-2.0
// The weight registers of one TRT column (paper section 5.3.1, Fig. 4): WR feeds the SIPs; SWR is loaded bit-serially, most
// significant bits first, while WR is in use, each weight from a wire of its own among the P that carry the lane's weight in
// parallel mode. A step starts by copying SWR into WR (fully connected layers) or by loading WR from all wires (convolutions).
`default_nettype none

module dpr_weight_registers #(
    parameter P              = 16,  // bits of a weight
    parameter N              = 256, // weights: ROWS x LANES
    parameter BITS_PER_CYCLE = 1,   // bits of a weight per serial load
    parameter COLUMN         = 0    // which wires: BITS_PER_CYCLE of each weight's P
) (
    input  wire           clk,
    // weight memory
    input  wire [N*P-1:0] word,         // weight i at [i*P +: P]; serial: its wires
    // serial load
    input  wire           shift,        // word carries the next bits
    input  wire           shift_first,  // and they are the first ones: extend their sign
    // start of a step
    input  wire           load,
    input  wire           serial,       // 1: from SWR, 0: from word
    output wire [N*P-1:0] weights       // weight i at [i*P +: P]
);
    generate
        if ((COLUMN + 1) * BITS_PER_CYCLE > P) begin : g_wires
            dpr_error_COLS_x_BITS_PER_CYCLE_must_be_at_most_P u_error ();
        end
    endgenerate

    localparam B = BITS_PER_CYCLE;

    reg [N*P-1:0] wr_q, swr_q;
    integer       i;

    always @(posedge clk) begin
        if (shift)
            for (i = 0; i < N; i = i + 1)
                swr_q[i*P +: P] <= {shift_first ? {(P-B){word[i*P + COLUMN*B + B-1]}} : swr_q[i*P +: P-B],
                                    word[i*P + COLUMN*B +: B]};
        if (load) wr_q <= serial ? swr_q : word;
    end

    assign weights = wr_q;
endmodule

`resetall
