"""The mean of the weights of one method's models over seeds, as a run of its own with its rows.

The models must have the same start: those of other starts have no common mean (Wortsman et al. 2022, Model soups,
arXiv:2203.05482).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

import ctcalign
from ctcalign.models.stored import read_weights
from ctcalign.models.training.registry import restore
from recipes.awp.training import MODEL
from recipes.awp.untrained import add_options, write_run
from recipes.errors import one_line


def mean_weights(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor over the models.

    Raises:
        SystemExit: the models have tensors of other names or shapes.
    """
    shapes = [{name: tuple(value.shape) for name, value in state.items()} for state in states]
    if any(other != shapes[0] for other in shapes):
        raise SystemExit("the models have different networks; expected runs of one plan")
    return {name: torch.stack([state[name].double() for state in states]).mean(0).float() for name in states[0]}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=Path, required=True, help="folder of the runs' folders; the new one is soup-METHOD"
    )
    parser.add_argument("--method", required=True, help="runs METHOD-s1, METHOD-s2, …")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    add_options(parser)
    args = parser.parse_args(arguments)
    folder = args.runs / f"soup-{args.method}"
    folder.mkdir(parents=True, exist_ok=True)
    sources = [args.runs / f"{args.method}-s{seed}" for seed in args.seeds]
    missing = [source.name for source in sources if not (source / MODEL).is_file()]
    if missing:
        raise SystemExit(f"--method: {args.runs} has no finished run {', '.join(missing)}; run that stage first")
    if not (folder / MODEL).exists():
        found = [read_weights(source / MODEL, source.name) for source in sources]
        header = {key: value for key, value in found[0][0].items() if key != "metrics"}
        weights = mean_weights([weights for _, weights in found])
        header["mean_of"] = [source.name for source in sources]
        restore(header, weights, str(folder)).save(folder / MODEL, header, weights)
    model = ctcalign.load_model(f"checkpoint:{folder / MODEL}")
    look_ahead = json.loads((sources[0] / "run.json").read_text(encoding="utf-8"))["look_ahead"]
    write_run(folder, model, look_ahead, "soup", args.method, args)


if __name__ == "__main__":
    one_line(main)
