// SPDX-License-Identifier: Apache-2.0
// Turns N P-bit values into P planes of N bits, wires only. The dispatcher keeps a group as planes because it sends one
// plane a cycle: the bit of every value at the current offset (paper section 5.3.1, "it transposes each activation").
`default_nettype none

module dpr_transposer #(
    parameter P = 16,  // bits of a value
    parameter N = 256  // values
) (
    input  wire [N*P-1:0] values,  // value i at [i*P +: P]
    output wire [P*N-1:0] planes   // plane b at [b*N +: N]: bit b of every value
);
    genvar b, i;
    generate
        for (b = 0; b < P; b = b + 1) begin : g_plane
            for (i = 0; i < N; i = i + 1) begin : g_value
                assign planes[b*N + i] = values[i*P + b];
            end
        end
    endgenerate
endmodule

`resetall
