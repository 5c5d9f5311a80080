// SPDX-License-Identifier: Apache-2.0
// The dispatcher's control: what happens in each cycle of a step. Bits from the top offset down to n_L, BITS_PER_CYCLE at a time;
// all of it once for each weight bit when weights are serial too (Loom's repetitions); in staggered mode a repetition lasts at
// least COLS cycles, because the weight bus feeds one column a cycle; after a pallet's last bits the chain cycles of a cascade.
// The cycle that completes a pallet waits for the reducer.
`default_nettype none

module dpr_step_sequencer #(
    parameter P              = 16,  // maximum precision in bits
    parameter COLS           = 16,  // columns
    parameter BITS_PER_CYCLE = 1,   // bits of an activation per cycle
    // derived: do not override
    parameter OFF_W          = $clog2(P),
    parameter COL_W          = COLS > 1 ? $clog2(COLS) : 1
) (
    input  wire             clk,
    input  wire             rst,
    // layer registers
    input  wire             cfg_stagger,  // feed one column's weights a cycle
    input  wire [4:0]       cfg_chain,    // chain cycles after a pallet, 0: none
    // a step starts; only when idle or in the cycle of done
    input  wire             load,
    input  wire [OFF_W-1:0] load_top,     // offset of the first bits
    input  wire [OFF_W-1:0] load_n_l,     // offset of the last bits
    input  wire [OFF_W-1:0] load_again,   // repetitions after the first
    input  wire             load_last,    // the step is the last of its pallet
    // the reducer can take another pallet
    input  wire             drain_ready,
    // this cycle
    output wire             valid,        // a step is here
    output wire             done,         // its last cycle
    output wire             send,         // bits leave
    output wire [OFF_W-1:0] offset,       // their position
    output wire             first,        // the first ones of the repetition
    output wire [OFF_W-1:0] again,        // repetitions still to come: the weight bit's position
    output wire             initial_pass, // first repetition
    output wire             eog,          // the last ones of the repetition
    output wire             chain,        // a chain cycle
    output wire             capture,      // the pallet is complete after this cycle
    output wire             fresh,        // first cycle of a repetition
    output wire             read,         // the weight memory is read for it
    output wire             stall_drain,  // waiting for the reducer
    output wire             stall_bus     // waiting for the weight bus
);
    localparam [1:0] BITS = 2'd0, BUS = 2'd1, CHAIN = 2'd2;
    localparam [OFF_W-1:0] PER_CYCLE = BITS_PER_CYCLE[OFF_W-1:0];

    reg             valid_q, last_q, first_q, initial_q, fresh_q, read_q;
    reg [1:0]       phase_q;
    reg [OFF_W-1:0] offset_q, top_q, n_l_q, again_q;
    reg [COL_W-1:0] column_q;
    reg [4:0]       chain_q;

    wire chained     = last_q && |cfg_chain;
    wire last_pass   = again_q == {OFF_W{1'b0}};
    wire at_end      = offset_q == n_l_q;
    wire completes   = last_q && (phase_q == CHAIN ? chain_q == 5'd1
                                                   : phase_q == BITS && at_end && last_pass && !chained);
    wire go          = valid_q && (!completes || drain_ready);
    wire last_column = {{(32-COL_W){1'b0}}, column_q} == COLS - 1;
    wire bus_done    = !cfg_stagger || !read_q || last_column;
    wire bits_done   = phase_q == BITS && at_end && go;
    wire pass_done   = (bits_done || (valid_q && phase_q == BUS)) && bus_done;

    always @(posedge clk) begin
        if (rst) valid_q <= 1'b0;
        else if (load) valid_q <= 1'b1;
        else if (done) valid_q <= 1'b0;
        if (load) begin
            top_q  <= load_top;
            n_l_q  <= load_n_l;
            last_q <= load_last;
        end
        if (load || pass_done) begin
            offset_q  <= load ? load_top : top_q;
            again_q   <= load ? load_again : again_q - 1'b1;
            phase_q   <= !load && last_pass ? CHAIN : BITS;
            first_q   <= 1'b1;
            initial_q <= load;
            fresh_q   <= load || !last_pass;
            read_q    <= load || !last_pass;
            column_q  <= {COL_W{1'b0}};
            chain_q   <= cfg_chain;
        end else begin
            fresh_q <= 1'b0;
            if (bus_done) read_q <= 1'b0;
            column_q <= column_q + 1'b1;
            if (phase_q == CHAIN && go) chain_q <= chain_q - 1'b1;
            if (phase_q == BITS && go) begin
                offset_q <= offset_q - PER_CYCLE;
                first_q  <= 1'b0;
                if (at_end) phase_q <= BUS;
            end
        end
    end

    assign valid        = valid_q;
    assign done         = go && (phase_q == CHAIN ? chain_q == 5'd1 : pass_done && last_pass && !chained);
    assign send         = go && phase_q == BITS;
    assign offset       = offset_q;
    assign first        = first_q;
    assign again        = again_q;
    assign initial_pass = initial_q;
    assign eog          = at_end;
    assign chain        = go && phase_q == CHAIN;
    assign capture      = go && completes;
    assign fresh        = valid_q && fresh_q;
    assign read         = valid_q && read_q;
    assign stall_drain  = valid_q && completes && !drain_ready;
    assign stall_bus    = valid_q && phase_q == BUS;
endmodule

`resetall
