// SPDX-License-Identifier: Apache-2.0
// BASE (paper section 5.1): the bit-parallel tile that speedups refer to. ROWS inner-product units take a brick of one window and
// a brick of each filter's weights a cycle; a window's sums come out together. Bits below a layer's n_L are not dropped here: the
// values in memory have none.
`default_nettype none

module dpr_base #(
    parameter P      = 16,  // bits of an operand
    parameter ROWS   = 16,  // filters
    parameter LANES  = 16,  // products per unit and cycle
    parameter ADDR_W = 10,  // width of a weight memory address
    // derived: do not override
    parameter ACC_W  = 2 * P + 16
) (
    input  wire                    clk,
    input  wire                    rst,
    // brick steps
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [LANES*P-1:0]      s_acts,       // lane l at [l*P +: P]
    input  wire                    s_is_signed,
    input  wire                    s_first,      // first step of a window
    input  wire                    s_last,       // last step of a window
    input  wire [ADDR_W-1:0]       s_waddr,
    // weight memory
    output wire                    wm_en,
    output wire [ADDR_W-1:0]       wm_addr,
    input  wire [ROWS*LANES*P-1:0] wm_data,      // row r, lane l at [(r*LANES + l)*P +: P]; kept until the next read
    // sums of a window
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [ROWS*ACC_W-1:0]   m_sums,       // row r at [r*ACC_W +: ACC_W], signed
    // observation
    output wire                    obs_send,     // a step is taken
    output wire                    stall_drain   // waiting for the output
);
    generate
        if (ROWS < 1 || LANES < 1 || ADDR_W < 1) begin : g_shape
            dpr_error_ROWS_LANES_ADDR_W_must_be_at_least_1 u_error ();
        end
    endgenerate

    reg               v1_q, first1_q, last1_q, signed_q, v2_q, first2_q, last2_q, m_valid_q;
    reg [LANES*P-1:0] acts_q;

    wire move = !m_valid_q || m_ready;  // the whole pipeline waits for its output
    wire take = s_valid && move;

    always @(posedge clk) begin
        if (rst) begin
            v1_q      <= 1'b0;
            v2_q      <= 1'b0;
            m_valid_q <= 1'b0;
        end else if (move) begin
            v1_q      <= s_valid;
            v2_q      <= v1_q;
            m_valid_q <= v2_q && last2_q;
        end
        if (take) begin
            acts_q   <= s_acts;
            signed_q <= s_is_signed;
            first1_q <= s_first;
            last1_q  <= s_last;
        end
        if (move) begin
            first2_q <= first1_q;
            last2_q  <= last1_q;
        end
    end

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : g_row
            dpr_ip #(
                .P(P), .LANES(LANES)
            ) u_ip (
                .clk         (clk),
                .en          (move),
                .s1_acts     (acts_q),
                .s1_is_signed(signed_q),
                .s1_weights  (wm_data[r*LANES*P +: LANES*P]),
                .s2_valid    (v2_q),
                .s2_clear    (first2_q),
                .acc         (m_sums[r*ACC_W +: ACC_W])
            );
        end
    endgenerate

    assign s_ready     = move;
    assign wm_en       = take;
    assign wm_addr     = s_waddr;
    assign m_valid     = m_valid_q;
    assign obs_send    = take;
    assign stall_drain = !move;
endmodule

`resetall
