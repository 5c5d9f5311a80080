// SPDX-License-Identifier: Apache-2.0
// Puts decompressed tensors where the layer needs them: activations brick by brick into the activation memory, weights
// [row][word] into the banks of the weight memory. One tensor at a time; malformed or oversized ones raise a sticky error.
`default_nettype none

module dpr_load_unit #(
    parameter P       = 16,    // maximum precision in bits
    parameter ROWS    = 16,    // banks of the weight memory
    parameter BRICKS  = 4096,  // activation memory
    parameter WORDS   = 1024,  // weight memory
    // derived: do not override
    parameter OFF_W   = $clog2(P),
    parameter ADDR_W  = BRICKS > 1 ? $clog2(BRICKS) : 1,
    parameter WADDR_W = WORDS > 1 ? $clog2(WORDS) : 1,
    parameter ROW_W   = ROWS > 1 ? $clog2(ROWS) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [WADDR_W-1:0]    row_words,    // layer register
    // tensor descriptors: {to_weights, n_l, is_signed, count}
    input  wire                  s_desc_valid,
    output wire                  s_desc_ready,
    input  wire [OFF_W+33:0]     s_desc_data,
    // to the decompressor
    output wire                  m_desc_valid,
    input  wire                  m_desc_ready,
    output wire [OFF_W+32:0]     m_desc_data,
    // groups from the decompressor, always taken
    input  wire                  s_valid,
    input  wire                  s_last,
    input  wire                  s_any,        // the beat carries values
    input  wire [2:0]            s_error,
    input  wire [16*P-1:0]       s_data,
    // memory writes
    output wire                  am_en,
    output wire [ADDR_W-1:0]     am_addr,
    output wire                  wm_en,
    output wire [ROW_W-1:0]      wm_row,
    output wire [WADDR_W-1:0]    wm_addr,
    output wire [16*P-1:0]       data,
    // status
    output wire                  busy,
    output wire [2:0]            error,        // codec error code of the first bad tensor, 0 when there is none
    output wire                  overflow      // a tensor did not fit its memory
);
    reg                 busy_q, to_weights_q, overflow_q;
    reg [2:0]           error_q;
    reg [ADDR_W:0]      brick_q;      // one bit more than an address: sees the end of the memory
    reg [WADDR_W:0]     pass_base_q;
    reg [WADDR_W-1:0]   step_q;
    reg [ROW_W-1:0]     row_q;

    assign m_desc_valid = s_desc_valid && !busy_q;
    assign s_desc_ready = m_desc_ready && !busy_q;
    assign m_desc_data  = s_desc_data[OFF_W+32:0];

    wire put       = s_valid && s_any;
    wire step_last = step_q == row_words - 1'b1;
    wire row_last  = {{(32-ROW_W){1'b0}}, row_q} == ROWS - 1;
    wire [WADDR_W:0] word = pass_base_q + {1'b0, step_q};
    // a brick that does not fit stays the next one: all after it are dropped too
    wire fits      = to_weights_q ? {{(31-WADDR_W){1'b0}}, word} < WORDS : {{(31-ADDR_W){1'b0}}, brick_q} < BRICKS;

    always @(posedge clk) begin
        if (rst) begin
            busy_q     <= 1'b0;
            error_q    <= 3'd0;
            overflow_q <= 1'b0;
        end else begin
            if (s_desc_valid && s_desc_ready) busy_q <= 1'b1;
            else if (s_valid && s_last) busy_q <= 1'b0;
            if (s_valid && s_last && error_q == 3'd0) error_q <= s_error;
            if (put && !fits) overflow_q <= 1'b1;
        end
        if (s_desc_valid && s_desc_ready) begin
            to_weights_q <= s_desc_data[OFF_W+33];
            brick_q      <= {(ADDR_W+1){1'b0}};
            step_q       <= {WADDR_W{1'b0}};
            pass_base_q  <= {(WADDR_W+1){1'b0}};
            row_q        <= {ROW_W{1'b0}};
        end else if (put && fits) begin
            brick_q <= brick_q + 1'b1;
            step_q  <= step_last ? {WADDR_W{1'b0}} : step_q + 1'b1;
            if (step_last) row_q <= row_last ? {ROW_W{1'b0}} : row_q + 1'b1;
            if (step_last && row_last) pass_base_q <= word + 1'b1;
        end
    end

    assign am_en    = put && !to_weights_q && fits;
    assign am_addr  = brick_q[ADDR_W-1:0];
    assign wm_en    = put && to_weights_q && fits;
    assign wm_row   = row_q;
    assign wm_addr  = word[WADDR_W-1:0];
    assign data     = s_data;
    assign busy     = busy_q;
    assign error    = error_q;
    assign overflow = overflow_q;
endmodule

`resetall
