// SPDX-License-Identifier: Apache-2.0
// A serial inner-product unit keeps the sum that defines it: each cycle adds, for each bit plane, the weights of the lanes whose
// bit is 1, at the bits' position; it subtracts those of sign bits. Said with integers as wide as the accumulator, lanes summed
// the other way round. For any sequence of operands and controls, with any gaps, cascade included.
`default_nettype none

module prove_sip_sum #(
    parameter P              = 8, // bits of an operand
    parameter WEIGHT_W       = P, // bits of a weight: P or 1
    parameter LANES          = 4, // products per cycle
    parameter BITS_PER_CYCLE = 1  // bits of an activation per cycle
) (
    input wire                            clk,
    input wire                            s1_valid,
    input wire [BITS_PER_CYCLE*LANES-1:0] s1_bits,
    input wire [LANES*WEIGHT_W-1:0]       s1_weights,
    input wire                            s2_valid,
    input wire                            s2_clear,
    input wire                            s2_negate,
    input wire [$clog2(2*P)-1:0]          s2_offset,
    input wire                            s2_chain,
    input wire [2*P+15:0]                 chain_in
);
    localparam B     = BITS_PER_CYCLE;
    localparam ACC_W = 2 * P + 16;
    localparam SUM_W = WEIGHT_W + $clog2(LANES) + 1;

    wire [ACC_W-1:0] acc;
    dpr_sip #(.P(P), .WEIGHT_W(WEIGHT_W), .LANES(LANES), .BITS_PER_CYCLE(BITS_PER_CYCLE)) dut (
        .clk(clk), .s1_valid(s1_valid), .s1_bits(s1_bits), .s1_weights(s1_weights), .s2_valid(s2_valid), .s2_clear(s2_clear),
        .s2_negate(s2_negate), .s2_offset(s2_offset), .s2_chain(s2_chain), .chain_in(chain_in), .acc(acc)
    );

    (* hierconn *) wire [B*SUM_W-1:0] \dut.sums_q ;

    // the sum of plane j's lanes, the last lane first
    reg  signed [B*ACC_W-1:0] planes, planes_q;
    reg  signed [SUM_W-1:0]   plane, weight;
    integer                   j, l;
    always @* begin
        for (j = 0; j < B; j = j + 1) begin
            plane = {SUM_W{1'b0}};
            for (l = LANES - 1; l >= 0; l = l - 1) begin
                weight = s1_weights[l*WEIGHT_W +: WEIGHT_W];
                if (WEIGHT_W > 1 && s1_weights[l*WEIGHT_W + WEIGHT_W-1]) weight = weight | {SUM_W{1'b1}} << WEIGHT_W;
                if (s1_bits[j*LANES + l]) plane = plane + weight;
            end
            planes[j*ACC_W +: ACC_W] = {{(ACC_W-SUM_W){plane[SUM_W-1]}}, plane};
        end
    end

    // the sum of the planes, each at its place
    reg [ACC_W-1:0] sum_q, step;
    reg             began_q, loaded_q;
    integer         k;
    always @* begin
        step = {ACC_W{1'b0}};
        for (k = 0; k < B; k = k + 1)
            if (s2_negate && k == B - 1) step = step - (planes_q[k*ACC_W +: ACC_W] << (s2_offset + k));
            else step = step + (planes_q[k*ACC_W +: ACC_W] << (s2_offset + k));
    end

    always @(posedge clk) begin
        loaded_q <= !$initstate && (loaded_q || s1_valid);            // stage 2 has operands
        began_q  <= !$initstate && (began_q || (s2_valid && s2_clear)); // a sum has begun
        if (s1_valid) planes_q <= planes;
        if (s2_valid) sum_q <= (s2_clear ? {ACC_W{1'b0}} : sum_q) + (s2_chain ? chain_in : step);
    end

    always @* if (s2_valid) assume (!$initstate && loaded_q);

    reg     same;
    integer n;
    always @* begin
        same = 1'b1;
        for (n = 0; n < B; n = n + 1)
            same = same && planes_q[n*ACC_W +: ACC_W]
                           == {{(ACC_W-SUM_W){\dut.sums_q [n*SUM_W + SUM_W-1]}}, \dut.sums_q [n*SUM_W +: SUM_W]};
    end

    always @* if (!$initstate) begin
        if (loaded_q) assert (same);
        if (began_q) assert (acc == sum_q);
        cover (began_q && acc == 16'h0123 && planes_q[3:0] == 4'd3);
        cover (began_q && acc[ACC_W-1]);
    end
endmodule

`resetall
