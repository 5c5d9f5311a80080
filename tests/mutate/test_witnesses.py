# SPDX-License-Identifier: Apache-2.0
"""What a checker must see: a comparison of each kind, spoilt, and streams whose offers do not stay."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.mutate.sabotage import CHANGED, WITHDRAWN, has_stream, sabotage
from scripts.mutate.witnesses import to_spoil
from tb.codec.handshake import HandshakeRules
from tests.support.mutants import needs_icarus

_BEATS = 40
_HEAD = """module device (
    input  wire       clk,
    input  wire       rst,
    output wire       m_axis_tvalid,
    input  wire       m_axis_tready,
    output wire [7:0] m_axis_tdata"""
_BENCH = """module bench;
    reg clk = 0, rst = 1, ready = 0;
    reg [15:0] mutant = 16'd{fault}, rhythm = 16'b1011_0001_1100_1010;
    wire valid;
    wire [7:0] data;
    device u_device (.clk(clk), .rst(rst), .m_axis_tvalid(valid), .m_axis_tready(ready), .m_axis_tdata(data));
    initial repeat ({cycles}) begin
        #5 clk = 1;
        #5 clk = 0;
        rst = 0;
        {{ready, rhythm}} = {{rhythm[0], rhythm[0], rhythm[15:1]}};
    end
    always @(posedge clk) if (!rst) $display("%b %b %b", valid, ready, data);
endmodule
module counter (input wire clk, input wire rst, output wire valid, input wire ready, output reg [7:0] data);
    assign valid = !rst;
    always @(posedge clk) if (rst) data <= 0; else if (ready) data <= data + 1;
endmodule
"""
_CONNECTED = {"valid": "m_axis_tvalid", "ready": "m_axis_tready", "data": "m_axis_tdata"}


def test_one_comparison_of_each_kind_is_spoilt() -> None:
    compared = {
        "layer0: cycles of compute": "tb.layer.scoreboard",
        "layer1: cycles of compute": "tb.layer.scoreboard",
        "layer0: outputs": "tb.layer.scoreboard",
        "zero code: load error": "tb.layer.scoreboard",
        "short prefix: load error": "tb.layer.scoreboard",
        "sum [pallet]": "tb.tile.scoreboard",
        "class of each image": "tb.layer.test_layer",
    }
    kinds = ["layer0: cycles of compute", "layer0: outputs", "zero code: load error"]
    assert to_spoil(compared, ["tb.layer.scoreboard"]) == kinds
    assert to_spoil(compared, ["tb.layer.scoreboard", "tb.tile.scoreboard"]) == [*kinds, "sum [pallet]"]


def test_only_a_device_that_sends_a_stream_can_be_sabotaged() -> None:
    assert has_stream(_HEAD)
    assert not has_stream(_HEAD.replace("output wire       m_axis", "input  wire       m_axis"))
    assert not has_stream(_HEAD.replace("m_axis_tvalid", "m_axis_tvalid_q"))


def _simulate(fault: int, folder: Path) -> list[list[str]]:
    """Cycles of a stream that counts, through a sabotaged module: valid, ready, data."""
    code, ports = sabotage(_HEAD, "bench.mutant")
    ports = {inner: ports[port] for inner, port in _CONNECTED.items()} | {"clk": "clk", "rst": "rst"}
    connections = ", ".join(f".{name}({inside})" for name, inside in ports.items())
    bench = _BENCH.format(fault=fault, cycles=4 * _BEATS)
    (folder / "bench.v").write_text(f"{bench}{_HEAD}\n);\n{code}    counter u_counter ({connections});\nendmodule\n")
    subprocess.run(["iverilog", "-g2005", "-s", "bench", "-o", folder / "bench", folder / "bench.v"], check=True)
    done = subprocess.run(["vvp", folder / "bench"], capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


@needs_icarus
@pytest.mark.parametrize(
    ("fault", "broken"),
    [(0, set()), (WITHDRAWN, {"tvalid fell before tready rose"}), (CHANGED, {"the payload changed while stalled"})],
)
def test_every_beat_of_a_sabotaged_stream_is_right(fault: int, broken: set[str], tmp_path: Path) -> None:
    rules = HandshakeRules()
    cycles = _simulate(fault, tmp_path)
    data = [int(data, 2) for valid, ready, data in cycles if valid == ready == "1"]
    assert data == list(range(len(data)))
    assert len(data) >= _BEATS
    assert {rules.step(valid, ready, (data,)).partition(" from")[0] for valid, ready, data in cycles} - {""} == broken
