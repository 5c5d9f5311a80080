// SPDX-License-Identifier: Apache-2.0
// A serial inner-product unit computes the integer inner product: activations' bits from the top of the precision down to n_L,
// as the dispatcher sends them, BITS_PER_CYCLE at a time, give the sum of activation times weight, for every precision, n_L,
// sign mode and value. The right-hand side is Verilog's multiplication.
`default_nettype none

module prove_sip_product #(
    parameter P              = 8, // bits of an operand
    parameter LANES          = 2, // products per cycle
    parameter BITS_PER_CYCLE = 1  // bits of an activation per cycle
) (
    input wire clk,
    input wire rst
);
    localparam B       = BITS_PER_CYCLE;
    localparam SHIFT_W = $clog2(2 * P);
    localparam ACC_W   = 2 * P + 16;
    localparam OFF_W   = $clog2(P);
    localparam E       = P + B; // an activation with its extension

    (* anyconst *) wire [LANES*P-1:0] acts;
    (* anyconst *) wire [LANES*P-1:0] weights;
    (* anyconst *) wire               is_signed;
    (* anyconst *) wire [OFF_W-1:0]   n_l, top; // last, first offset

    // what the dispatcher does: one chunk a cycle
    reg              sending_q, first_q, s2_valid_q, s2_first_q, done_q;
    reg [OFF_W-1:0]  offset_q, s2_offset_q;
    always @(posedge clk) begin
        s2_valid_q  <= sending_q && !rst;
        s2_first_q  <= first_q;
        s2_offset_q <= offset_q;
        done_q      <= s2_valid_q && !sending_q && !rst;
        first_q     <= rst;
        if (rst) begin
            sending_q <= 1'b1;
            offset_q  <= top;
        end else begin
            sending_q <= sending_q && offset_q != n_l;
            offset_q  <= offset_q - B[OFF_W-1:0];
        end
    end

    wire signed [LANES*E-1:0] extended;
    wire [B*LANES-1:0]        bits;
    reg  signed [ACC_W-1:0]   act, weight, product;
    reg                       fits;
    integer                   i;
    genvar                    l, j;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : g_lane
            assign extended[l*E +: E] = {{B{is_signed && acts[l*P + P-1]}}, acts[l*P +: P]};
            for (j = 0; j < B; j = j + 1) begin : g_bit
                wire [E-1:0] down = extended[l*E +: E] >> (offset_q + j);
                assign bits[j*LANES + l] = down[0];
            end
        end
    endgenerate

    always @* begin
        product = 0;
        fits    = 1'b1;
        for (i = 0; i < LANES; i = i + 1) begin
            act     = {{(ACC_W-P){is_signed && acts[i*P + P-1]}}, acts[i*P +: P]};
            weight  = {{(ACC_W-P){weights[i*P + P-1]}}, weights[i*P +: P]};
            product = product + act * weight;
            fits    = fits && (act >>> n_l) <<< n_l == act
                           && (is_signed ? act >>> (top + B - 1) == 0 || act >>> (top + B - 1) == -1 : act >>> (top + B) == 0);
        end
    end

    wire [ACC_W-1:0] acc;
    dpr_sip #(.P(P), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE)) dut (
        .clk(clk), .s1_valid(sending_q), .s1_bits(bits), .s1_weights(weights),
        .s2_valid(s2_valid_q), .s2_clear(s2_first_q), .s2_negate(s2_first_q && is_signed),
        .s2_offset({{(SHIFT_W-OFF_W){1'b0}}, s2_offset_q}), .s2_chain(1'b0), .chain_in({ACC_W{1'b0}}), .acc(acc)
    );

    always @* begin
        assume (rst == $initstate);
        assume (top >= n_l && (top - n_l) % B == 0); // whole chunks
        assume (fits);                               // the precision is enough, nothing below n_L
    end

    always @* if (!$initstate) begin
        if (done_q) assert (acc == product);
        cover (done_q && is_signed && product == -6 && top > n_l);
        cover (done_q && !is_signed && top == P - B && n_l == 0 && acts[P-1]);
    end
endmodule

`resetall
