// SPDX-License-Identifier: Apache-2.0
// The precision detector is its definition (docs/architecture.md, section 3), said without OR trees: each value is trimmed
// towards zero, the length of each trimmed magnitude is counted, and the longest decides. Also: p bits are enough for every
// trimmed value, and p - 1 are too few for one of them.
`default_nettype none

module prove_detector #(
    parameter N = 16, // values in the group
    parameter P = 16  // bits of a value
) (
    input wire [N*P-1:0]       values,
    input wire                 is_signed,
    input wire [$clog2(P)-1:0] n_l
);
    localparam POSITION_W = $clog2(P);
    localparam P_W        = $clog2(P + 1);
    localparam [31:0] FULL = P;

    wire [P_W-1:0]        p;
    wire [POSITION_W-1:0] n_h, n_l_dynamic;
    wire                  all_zero;
    wire [N*P-1:0]        magnitudes;
    wire [N-1:0]          signs;

    dpr_precision_detector #(.N(N), .P(P)) dut (
        .values(values), .is_signed(is_signed), .n_l(n_l), .p(p), .n_h(n_h), .all_zero(all_zero),
        .n_l_dynamic(n_l_dynamic), .magnitudes(magnitudes), .signs(signs)
    );

    // The definition, value by value, in numbers of 32 bits.
    reg signed [31:0] value;
    reg        [31:0] magnitude, trimmed, length, bits, longest, lowest;
    reg               good_values, enough, needed;
    integer           i, b;
    always @* begin
        longest     = 0;
        lowest      = FULL;
        good_values = 1'b1;
        for (i = 0; i < N; i = i + 1) begin
            value     = {{(32-P){is_signed && values[i*P + P-1]}}, values[i*P +: P]};
            magnitude = value < 0 ? -value : value;
            good_values = good_values && magnitudes[i*P +: P] == magnitude && signs[i] == (value < 0);
            trimmed = (magnitude >> n_l) << n_l;
            length  = 0;
            for (b = 0; b < P; b = b + 1) begin
                if (trimmed >= 32'd1 << b) length = b + 1;
                if (magnitude % (32'd2 << b) != 0 && b < lowest) lowest = b;
            end
            bits = trimmed == 0 ? 0 : is_signed && length < FULL ? length + 1 : length;
            if (bits > longest) longest = bits;
        end
    end

    // What p bits are good for: unsigned codes below 2^p; signed ones of p - 1 bits and a sign, or -2^(P-1) with all of them.
    reg [31:0] kept;
    integer    j;
    always @* begin
        enough = 1'b1;
        needed = p == 0;
        for (j = 0; j < N; j = j + 1) begin
            kept   = {{(32-P){1'b0}}, magnitudes[j*P +: P]} >> n_l;
            enough = enough && (is_signed ? kept == 0 || kept < (32'd1 << p) >> 1 || (p + n_l == FULL && kept <= (32'd1 << p) >> 1)
                                          : kept < 32'd1 << p);
            needed = needed || (p != 0 && (is_signed ? kept != 0 && kept >= (32'd1 << p) >> 2 : kept >= (32'd1 << p) >> 1));
        end
    end

    always @* begin
        assert (good_values);
        assert (all_zero == (longest == 0));
        assert (p == (longest == 0 ? 0 : longest - n_l));
        assert (n_h == (longest == 0 ? n_l : longest - 1));
        assert (n_l_dynamic == (lowest == FULL ? 0 : lowest));
        assert (enough && needed);
        cover (p == FULL && is_signed);
        cover (all_zero && values != 0);
        cover (p == 3 && n_l == 2 && signs != 0 && n_l_dynamic == 1);
    end
endmodule

`resetall
