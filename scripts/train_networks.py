# SPDX-License-Identifier: Apache-2.0
"""Train and store the float networks, or check the stored ones (docs/networks.md).

python scripts/train_networks.py --check             measure the stored networks again; needs no PyTorch
python scripts/train_networks.py --compare denoise   train again and compare with the stored network
python scripts/train_networks.py --force denoise     train again and replace the stored network
Training needs pip install -r requirements-train.txt. "digits_pruned" starts from the stored "digits".
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.evaluation import SPLITS, EvaluationError, load_task
from models.graphs import load_graph
from models.network import NetworkError
from models.networks.float_networks import (
    FLOAT_DIR,
    float_network_document,
    float_network_path,
    float_networks,
    save_float_network,
)
from scripts.training import denoise, digits, superres
from scripts.training.baselines import BASELINES
from scripts.training.torch_cpu import import_torch

if TYPE_CHECKING:
    import onnx

RECIPES: dict[str, Callable[[Any], tuple[onnx.ModelProto, dict[str, Any]]]] = {
    "digits": digits.train_dense,
    "digits_pruned": digits.train_pruned,
    "denoise": denoise.train,
    "superres": superres.train,
}
TOLERANCE_DB = 0.001  # by which the rounding of another processor may move a measured score; classes must all agree


def measured(name: str, path: Path) -> dict[str, dict[str, Any]]:
    """Return metric, samples and score of the network `name`, which is in the ONNX file `path`, on each split."""
    graph, found = load_graph(path), {}
    for split in SPLITS:
        task = load_task(name, split)
        score = task.score(graph.run(task.inputs))
        found[split] = {"metric": task.metric, "samples": len(task.inputs), "score": score}
    return found


def make(name: str, folder: Path) -> None:
    """Train the network, measure it and store it in `folder`."""
    torch = import_torch()
    model, fields = RECIPES[name](torch)
    fields["training"] = {"script": "scripts/train_networks.py", "torch": torch.__version__} | fields["training"]
    if name == "digits_pruned":
        fields["zero_weights"] = digits.zero_fractions(model)
    with TemporaryDirectory() as scratch:  # nothing is stored before it is measured
        save_float_network(name, model, {}, Path(scratch))
        fields["accuracy"] = measured(name, float_network_path(name, Path(scratch)))
    save_float_network(name, model, fields, folder)


def shown(entry: dict[str, Any]) -> str:
    """Return a score as a text."""
    return f"{entry['score']:.2%}" if entry["metric"] == "top1" else f"{entry['score']:.3f} dB"


def check(name: str, folder: Path) -> bool:
    """Print the stored network's scores, measured now, and whether they are the stored ones; then those of others."""
    stored, agree = float_network_document(name, folder)["accuracy"], True
    for split, entry in measured(name, float_network_path(name, folder)).items():
        tolerance = TOLERANCE_DB if entry["metric"] == "psnr" else 0
        same = abs(entry["score"] - stored[split]["score"]) <= tolerance
        verdict = "as stored" if same else f"STORED {shown(stored[split])}"
        print(f"{name:14}{split:12}{entry['samples']:6} samples {shown(entry):>10}  {verdict}")
        agree &= same
    if name in BASELINES:
        for other, score in BASELINES[name](folder).items():
            print(f"{'':14}held_out, {other}: {score:.3f} dB")
    return agree


def compare(name: str, folder: Path) -> bool:
    """Train the network again, store nothing, and print whether it came out byte for byte the same."""
    stored = float_network_document(name, folder)
    model, _ = RECIPES[name](import_torch())
    same = hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest() == stored["onnx_sha256"]
    print(f"{name}: {'the same bytes' if same else 'OTHER bytes: another processor or version of PyTorch rounds otherwise'}")
    return same


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 on success, 1 when a check fails, 2 on bad usage or input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(RECIPES)}; none: all")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="only check the stored networks")
    mode.add_argument("--compare", action="store_true", help="train again and compare with the stored networks")
    mode.add_argument("--force", action="store_true", help="replace stored networks")
    parser.add_argument("--folder", type=Path, default=FLOAT_DIR, help="where the networks are stored")
    options = parser.parse_args(arguments)
    names = options.names or list(RECIPES)
    try:
        for name in names:
            if name not in RECIPES:
                raise NetworkError(f"no network {name!r}: use one of {', '.join(RECIPES)}")
        if options.compare:
            return 1 if sum(not compare(name, options.folder) for name in names) else 0
        if not options.check:
            there = sorted(set(names) & set(float_networks(options.folder)))
            if there and not options.force:
                raise NetworkError(f"{options.folder} holds {', '.join(there)}: --force replaces, --check checks")
            for name in names:
                make(name, options.folder)
        return 1 if sum(not check(name, options.folder) for name in names) else 0
    except (NetworkError, EvaluationError, OSError) as error:
        print(f"train_networks.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
