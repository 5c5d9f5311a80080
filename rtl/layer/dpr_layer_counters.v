// SPDX-License-Identifier: Apache-2.0
// Gives every cycle of a compute phase one cause: operands were sent, the reducer was busy, serial weights were loading, a cascade
// added, activations were late, or the pipeline filled or emptied. Idle cycles are booked when something is sent or stalls again
// (late activations) or the phase ends (fill); loading the first step's weights is fill.
`default_nettype none

module dpr_layer_counters (
    input  wire        clk,
    input  wire        rst,
    // phases
    input  wire        compute_start,
    input  wire        compute_done,
    output wire        compute_busy,
    input  wire        store_start,
    input  wire        store_done,
    output wire        store_busy,
    // events
    input  wire        sent,         // operands, or bits of them, leave for the tile
    input  wire        drain_stall,  // the core waits for the reducer
    input  wire        weight_stall, // the core waits for weights
    input  wire        reduce,       // a cascade adds
    // cycles of the last compute phase
    output wire [31:0] compute_cycles,
    output wire [31:0] step_cycles,
    output wire [31:0] stall_output_drain,
    output wire [31:0] stall_weight_fetch,
    output wire [31:0] stall_activation_fetch,
    output wire [31:0] reduce_cycles,
    output wire [31:0] fill_cycles
);
    reg        compute_q, store_q, started_q;
    reg [31:0] cycles_q, steps_q, drain_q, weights_q, reduce_q, fetch_q, fill_q, idle_q;

    wire late_weights = weight_stall && started_q;
    wire idle         = !sent && !drain_stall && !late_weights && !reduce;

    always @(posedge clk) begin
        if (rst) begin
            compute_q <= 1'b0;
            store_q   <= 1'b0;
        end else begin
            if (compute_start) compute_q <= 1'b1;
            else if (compute_done) compute_q <= 1'b0;
            if (store_start) store_q <= 1'b1;
            else if (store_done) store_q <= 1'b0;
        end
        if (compute_start) begin
            started_q <= 1'b0;
            cycles_q  <= 32'd1;  // the cycle of the start counts
            idle_q    <= 32'd1;
            steps_q   <= 32'd0;
            drain_q   <= 32'd0;
            weights_q <= 32'd0;
            reduce_q  <= 32'd0;
            fetch_q   <= 32'd0;
            fill_q    <= 32'd0;
        end else if (compute_q) begin
            cycles_q <= cycles_q + 32'd1;
            steps_q  <= steps_q + {31'd0, sent};
            drain_q  <= drain_q + {31'd0, drain_stall};
            weights_q <= weights_q + {31'd0, late_weights};
            reduce_q <= reduce_q + {31'd0, reduce};
            if (sent) started_q <= 1'b1;
            if (idle && compute_done) fill_q <= fill_q + idle_q + 32'd1;
            else if (!idle && !started_q) fill_q <= fill_q + idle_q;
            else if (!idle) fetch_q <= fetch_q + idle_q;
            idle_q <= idle ? idle_q + 32'd1 : 32'd0;
        end
    end

    assign compute_busy           = compute_q;
    assign store_busy             = store_q;
    assign compute_cycles         = cycles_q;
    assign step_cycles            = steps_q;
    assign stall_output_drain     = drain_q;
    assign stall_weight_fetch     = weights_q;
    assign stall_activation_fetch = fetch_q;
    assign reduce_cycles          = reduce_q;
    assign fill_cycles            = fill_q;
endmodule

`resetall
