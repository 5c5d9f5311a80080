// SPDX-License-Identifier: Apache-2.0
// A TRT tile (paper section 5.3.1, Fig. 4): SIPs behind weight registers of their own, a daisy chain along each row for cascades
// of 1 to COLS slices, comparators for max pooling. The registers are one pipeline stage more than the DStripes tile has.
`default_nettype none

module dpr_trt_tile #(
    parameter P              = 16,  // maximum precision in bits
    parameter ROWS           = 16,  // filters
    parameter COLS           = 16,  // windows, or outputs of a row
    parameter LANES          = 16,  // products per SIP and cycle
    parameter BITS_PER_CYCLE = 1,   // bits of an activation, and of a serial weight, per cycle
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter ACC_W          = 2 * P + 16
) (
    input  wire                                 clk,
    input  wire                                 rst,
    // layer registers
    input  wire                                 cfg_serial,    // weights come through SWR
    input  wire                                 cfg_pool,      // the largest of a pallet's steps, not their sum
    input  wire [4:0]                           cfg_slices,    // SIPs of a row that share an output
    // weight memory: words for SWR
    input  wire                                 w_shift,
    input  wire                                 w_shift_first,
    input  wire [ROWS*LANES*P-1:0]              w_word,        // row r, lane l at [(r*LANES + l)*P +: P]; serial: column c's
                                                               // bits at [(r*LANES + l)*P + c*BITS_PER_CYCLE +: BITS_PER_CYCLE]
    // bits of a step from the dispatcher
    input  wire                                 s_fresh,       // a step starts
    input  wire                                 s_valid,
    input  wire [BITS_PER_CYCLE*COLS*LANES-1:0] s_bits,        // bit j of column c, lane l at [j*COLS*LANES + c*LANES + l]
    input  wire [OFF_W-1:0]                     s_offset,
    input  wire                                 s_negate,
    input  wire                                 s_start,       // first bits of a step
    input  wire                                 s_first,       // the step is the first of its pallet
    input  wire                                 s_eog,         // last bits of a step
    input  wire                                 s_chain,       // no bits: a chain cycle
    input  wire                                 s_capture,     // the pallet is complete
    // the accumulators, complete for one cycle
    output wire [COLS-1:0]                      m_valid,
    output wire [COLS*ROWS*ACC_W-1:0]           m_sums,        // column c, row r at [(c*ROWS + r)*ACC_W +: ACC_W], signed
    output wire [COLS-1:0]                      m_keep         // the column holds results: the last slice of an output
);
    generate
        if (ROWS < 1 || COLS < 1 || COLS > 16 || LANES < 1) begin : g_shape
            dpr_error_ROWS_and_LANES_must_be_at_least_1_and_COLS_1_to_16 u_error ();
        end
    endgenerate

    localparam SHIFT_W = $clog2(2 * P);

    // ---- one stage, while WR is loaded
    reg                                 valid_q, negate_q, start_q, first_q, eog_q, chain_q, capture_q;
    reg [OFF_W-1:0]                     offset_q;
    reg [BITS_PER_CYCLE*COLS*LANES-1:0] bits_q;
    reg [4:0]                           link_q;  // number of the chain cycle, from 1

    always @(posedge clk) begin
        valid_q   <= s_valid && !rst;
        negate_q  <= s_negate;
        start_q   <= s_start;
        first_q   <= s_first;
        eog_q     <= s_eog;
        chain_q   <= s_chain;
        capture_q <= s_capture && !rst;
        offset_q  <= s_offset;
        if (s_valid) begin
            bits_q <= s_bits;
            link_q <= s_chain ? link_q + 5'd1 : 5'd0;
        end
    end

    // ---- columns: slice s of an output adds its left neighbour's sum in chain cycle s
    wire [5*(COLS+1)-1:0]          slice;
    wire [(COLS+1)*ROWS*ACC_W-1:0] chain;
    assign slice[4:0]             = 5'd0;
    assign chain[ROWS*ACC_W-1:0]  = {(ROWS*ACC_W){1'b0}};

    genvar c, j;
    generate
        for (c = 0; c < COLS; c = c + 1) begin : g_column
            wire [4:0]                      here  = slice[5*c +: 5];
            wire [4:0]                      after = here + 5'd1;
            wire                            adds  = chain_q && here == link_q;
            wire [BITS_PER_CYCLE*LANES-1:0] bits;
            wire [ROWS*LANES*P-1:0]         weights;

            assign m_keep[c]            = after == cfg_slices;
            assign slice[5*(c+1) +: 5]  = m_keep[c] ? 5'd0 : after;

            for (j = 0; j < BITS_PER_CYCLE; j = j + 1) begin : g_plane
                assign bits[j*LANES +: LANES] = bits_q[(j*COLS + c)*LANES +: LANES];
            end

            dpr_weight_registers #(
                .P(P), .N(ROWS * LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .COLUMN(c)
            ) u_weights (
                .clk        (clk),
                .word       (w_word),
                .shift      (w_shift),
                .shift_first(w_shift_first),
                .load       (s_fresh),
                .serial     (cfg_serial),
                .weights    (weights)
            );

            dpr_sip_column #(
                .P(P), .ROWS(ROWS), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE), .MAX_POOL(1)
            ) u_column (
                .clk      (clk),
                .rst      (rst),
                .s_valid  (valid_q && (!chain_q || adds)),
                .s_bits   (bits),
                .s_offset ({{(SHIFT_W-OFF_W){1'b0}}, offset_q}),
                .s_negate (negate_q),
                .s_clear  (start_q && (first_q || cfg_pool)),
                .s_chain  (chain_q),
                .s_compare(eog_q && cfg_pool),
                .s_restart(first_q),
                .s_capture(capture_q),
                .s_weights(weights),
                .chain_in (chain[c*ROWS*ACC_W +: ROWS*ACC_W]),
                .m_valid  (m_valid[c]),
                .m_sums   (m_sums[c*ROWS*ACC_W +: ROWS*ACC_W])
            );
            assign chain[(c+1)*ROWS*ACC_W +: ROWS*ACC_W] = m_sums[c*ROWS*ACC_W +: ROWS*ACC_W];
        end
    endgenerate

    wire unused = &{1'b0, slice[5*COLS +: 5], chain[COLS*ROWS*ACC_W +: ROWS*ACC_W]};
endmodule

`resetall
