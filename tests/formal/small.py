# SPDX-License-Identifier: Apache-2.0
"""A small design with a proof, in a folder of its own: a counter that wraps at 9."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from scripts.formal.proofs import Mutant, Proof

DESIGN = """// SPDX-License-Identifier: Apache-2.0
module small (input wire clk, input wire rst, input wire go, output wire [3:0] count, output wire full);
    reg [3:0] count_q;
    assign count = count_q;
    assign full = count_q == 4'd9;
    always @(posedge clk)
        if (rst || (go && full)) count_q <= 4'd0;
        else if (go) count_q <= count_q + 4'd1;
endmodule
"""
PROPERTIES = """// SPDX-License-Identifier: Apache-2.0
module prove_small (input wire clk, input wire rst, input wire go);
    wire [3:0] count;
    wire full;
    small dut (.clk(clk), .rst(rst), .go(go), .count(count), .full(full));
    always @* begin
        if ($initstate) assume (rst);
        ASSUME
        if (!$initstate) begin
            assert (count <= 4'd9);
            COVER
        end
    end
endmodule
"""
PROOF = Proof(
    name="small",
    block="small",
    description="It wraps at 9",
    width="4 bits",
    engine="z3",
    depth="induction",
    steps=1,
    reach=14,
    top="prove_small",
    sources=("small.v", "prove_small.v"),
    parameters=(),
    timeout_s=60,
    regressions=("smoke", "all"),
    paths=(),
    mutants=(Mutant("small.v", "count_q == 4'd9", "count_q == 4'd11"),),
)
PATHS = replace(
    PROOF,
    engine="structure",
    depth="structure",
    top="small",
    sources=("small.v",),
    paths=("go -> count", "go -> full"),
    mutants=(Mutant("small.v", "assign full = count_q", "assign full = go && count_q"),),
)


@dataclass(frozen=True)
class Project:
    """A folder with the design and its properties."""

    root: Path

    def write(self, *, design: str = DESIGN, assume: str = "", cover: str = "cover (full);") -> Project:
        """Write both files, with statements in the places that PROPERTIES has for them."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "small.v").write_text(design)
        (self.root / "prove_small.v").write_text(PROPERTIES.replace("ASSUME", assume).replace("COVER", cover))
        return self
