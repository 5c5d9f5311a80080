// SPDX-License-Identifier: Apache-2.0
// Bench for many tensors through both halves of the codec: it plays batches of groups from files, with random stalls at both
// ends, without Python. Python writes groups.bin and descriptors.bin, changes `go`, sleeps until `done` follows, and reads
// what the monitors here wrote. The clock is made here: nothing in Python samples a signal by its edge.
// Files, little endian, each field padded to 32 bits: in.bin, out.bin {cycle, control, group}, words.bin {cycle, tlast, word};
// control: 15:0 tkeep, 23:16 tuser, 24 tlast.
`timescale 1ns / 1ps
`default_nettype none

module tb_codec_soak #(
    parameter P        = 16, // bits of a value
    parameter PREFIX_W = 4,  // bits of the prefix field
    parameter ALIGN    = 64, // containers start at multiples of this many bits
    parameter ENGINES  = 16, // decompression engines
    // derived: do not override
    parameter OFF_W    = $clog2(P),
    parameter REC_W    = 16 * P + 32
) (
    input  wire        rst,       // changes at falling edges only
    input  wire [31:0] go,        // a new value plays the files
    input  wire [31:0] groups,    // how many records groups.bin holds
    input  wire [31:0] tensors,   // how many descriptors.bin holds
    input  wire [31:0] seed,      // of the stalls, not 0
    // how often, of 256 cycles, a stream pauses; in bursts: runs of pauses and of none
    input  wire [7:0]  stall_in,
    input  wire [7:0]  stall_desc,
    input  wire [7:0]  stall_out,
    input  wire        bursts,
    output reg  [31:0] done,      // equals go when the batch has been played and drained
    output reg  [31:0] cycle,
    output reg  [31:0] broken     // beats withdrawn or changed before they were taken
);
    reg clk;
    initial clk = 1'b0;
    always #5 clk = !clk;

    // ---- stimulus
    reg  [REC_W-1:0]     group, next_group;  // values above 32 bits of control
    reg  [63:0]          descriptor, next_descriptor;
    reg                  active, s_valid, desc_valid;
    reg  [31:0]          group_index, desc_index, ended;
    reg  [31:0]          random;
    reg                  run_in, run_desc, run_out;
    integer              group_file, desc_file, in_file, word_file, out_file, got;

    wire                 s_ready, desc_ready, mid_valid, mid_ready, mid_last, m_valid, m_last;
    wire [63:0]          mid_data;
    wire [16*P-1:0]      m_data;
    wire [15:0]          m_keep;
    wire [2:0]           m_user;
    wire [2:0]           turns      = {random[11:8] == 4'd0, random[7:4] == 4'd0, random[3:0] == 4'd0};
    wire                 pause_in   = bursts ? run_in   : random[7:0] < stall_in;
    wire                 pause_desc = bursts ? run_desc : random[15:8] < stall_desc;
    wire                 pause_out  = bursts ? run_out  : random[23:16] < stall_out;
    wire                 m_ready    = !pause_out;
    wire                 drained    = active && group_index == groups && desc_index == tensors && !s_valid && !desc_valid
                                    && ended == tensors;
    wire [31:0]          shifted    = random ^ (random << 13);
    wire [31:0]          mixed      = shifted ^ (shifted >> 17);

    initial begin
        active = 1'b0;
        s_valid = 1'b0;
        desc_valid = 1'b0;
        done = 32'd0;
        cycle = 32'd0;
        broken = 32'd0;
        group_index = 32'd0;
        desc_index = 32'd0;
        ended = 32'd0;
        random = 32'd1;
        run_in = 1'b0;
        run_desc = 1'b0;
        run_out = 1'b0;
        #1;  // after the processes of a forked simulation have parted: each writes files of its own
        in_file = $fopen("in.bin", "wb");
        word_file = $fopen("words.bin", "wb");
        out_file = $fopen("out.bin", "wb");
    end

    always @(posedge clk) begin
        cycle <= cycle + 32'd1;
        random <= mixed ^ (mixed << 5);
        if (turns[0]) run_in <= !run_in;
        if (turns[1]) run_desc <= !run_desc;
        if (turns[2]) run_out <= !run_out;
        if (rst) begin
            active <= 1'b0;
            s_valid <= 1'b0;
            desc_valid <= 1'b0;
            if (active) begin
                done <= go;
                $fclose(group_file);
                $fclose(desc_file);
            end
        end else if (!active) begin
            if (go != done) begin
                group_file = $fopen("groups.bin", "rb");
                desc_file = $fopen("descriptors.bin", "rb");
                got = $fread(next_group, group_file);
                got = $fread(next_descriptor, desc_file);
                active <= 1'b1;
                group_index <= 32'd0;
                desc_index <= 32'd0;
                ended <= 32'd0;
                random <= seed;
            end
        end else begin
            if (!s_valid || s_ready) begin
                s_valid <= group_index != groups && !pause_in;
                if (group_index != groups && !pause_in) begin
                    group <= next_group;
                    group_index <= group_index + 32'd1;
                    got = $fread(next_group, group_file);
                end
            end
            if (!desc_valid || desc_ready) begin
                desc_valid <= desc_index != tensors && !pause_desc;
                if (desc_index != tensors && !pause_desc) begin
                    descriptor <= next_descriptor;
                    desc_index <= desc_index + 32'd1;
                    got = $fread(next_descriptor, desc_file);
                end
            end
            ended <= ended + {31'd0, m_valid && m_ready && m_last};
            if (drained) begin
                active <= 1'b0;
                done <= go;
                $fclose(group_file);
                $fclose(desc_file);
            end
        end
    end

    dpr_compressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN)) u_compressor (
        .clk(clk), .rst(rst),
        .s_axis_tvalid(s_valid), .s_axis_tready(s_ready), .s_axis_tdata(group[32 +: 16*P]),
        .s_axis_tkeep(group[15:0]), .s_axis_tlast(group[24]), .s_axis_tuser(group[16 +: OFF_W+1]),
        .m_axis_tvalid(mid_valid), .m_axis_tready(mid_ready), .m_axis_tdata(mid_data), .m_axis_tlast(mid_last)
    );

    dpr_decompressor #(.P(P), .PREFIX_W(PREFIX_W), .ALIGN(ALIGN), .ENGINES(ENGINES)) u_decompressor (
        .clk(clk), .rst(rst),
        .s_desc_tvalid(desc_valid), .s_desc_tready(desc_ready), .s_desc_tdata(descriptor[32+OFF_W:0]),
        .s_axis_tvalid(mid_valid), .s_axis_tready(mid_ready), .s_axis_tdata(mid_data), .s_axis_tlast(mid_last),
        .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tdata(m_data),
        .m_axis_tkeep(m_keep), .m_axis_tlast(m_last), .m_axis_tuser(m_user)
    );

    // ---- monitors
    wire [31:0] in_control  = {7'd0, group[24:0]};
    wire [31:0] out_control = {7'd0, m_last, 5'd0, m_user, m_keep};
    wire [31:0] mid_control = {31'd0, mid_last};
    always @(posedge clk) if (!rst) begin
        if (s_valid && s_ready) $fwrite(in_file, "%u", {group[32 +: 16*P], in_control, cycle});
        if (mid_valid && mid_ready) $fwrite(word_file, "%u", {mid_data, mid_control, cycle});
        if (m_valid && m_ready) $fwrite(out_file, "%u", {m_data, out_control, cycle});
    end
    always @(posedge clk) if (drained || (rst && active)) begin
        $fflush(in_file);
        $fflush(word_file);
        $fflush(out_file);
    end

    // ---- the rule of a stream: what is on offer stays as it is until it is taken
    reg                 mid_stalled, m_stalled;
    reg  [64:0]         mid_offered;
    reg  [16*P+19:0]    m_offered;
    wire [64:0]         mid_payload = {mid_last, mid_data};
    wire [16*P+19:0]    m_payload   = {m_last, m_user, m_keep, m_data};
    wire                mid_broken  = mid_stalled && (!mid_valid || mid_payload != mid_offered);
    wire                m_broken    = m_stalled && (!m_valid || m_payload != m_offered);
    initial mid_stalled = 1'b0;
    initial m_stalled = 1'b0;
    always @(posedge clk) begin
        mid_stalled <= !rst && mid_valid && !mid_ready;
        m_stalled <= !rst && m_valid && !m_ready;
        mid_offered <= mid_payload;
        m_offered <= m_payload;
        if (!rst) broken <= broken + {31'd0, mid_broken} + {31'd0, m_broken};
    end

    wire unused = &{1'b0, got[0], descriptor, group};
endmodule

`resetall
