"""How large the gradients of the losses are, and how much of them the batches have in common.

python -m egs.mini_en.objectives.local.gradients --plan conf/plan.yaml --data exp/data --runs exp/runs --start NAME \\
    --methods awp_wer mwer dpo --out FILE

For the same batches and the same model, the gradients of the CTC loss and of each loss that a method adds. What the
batches have in common moves the model in one direction; the rest is noise, of which n updates keep a share of
1 / sqrt(n).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from ctcalign.files import atomic_write
from ctcalign.train.run import prepared
from recipes.awp.plan import read_plan, runs_of
from recipes.awp.training import MODEL
from recipes.errors import one_line

CTC = "ctc"


def gradients(module: Any, batches: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of the CTC loss and of the loss that is added to it, without its weight, for each batch.

    Returns:
        Two arrays, float32 (batches, parameters).
    """
    parameters = [one for one in module.trained_network.parameters() if one.requires_grad]

    def gradient(value: torch.Tensor) -> np.ndarray:
        found = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
        return torch.cat([one.flatten() for one in found]).numpy()

    plain, added = [], []
    for batch in batches:
        losses = module.losses(batch)
        more = [term.value for name, term in losses.terms.items() if name != CTC]
        plain.append(gradient(losses.terms[CTC].value))
        added.append(gradient(sum(more, 0.0 * losses.anchor)))
    return np.stack(plain), np.stack(added)


def in_common(first: np.ndarray, second: np.ndarray) -> float:
    """Mean inner product of gradients of different batches: unbiased for the inner product of the expected gradients.

    Args:
        first, second: (batches, parameters), of the same batches; at least two.
    """
    products = first @ second.T
    count = len(first)
    return float((products.sum() - np.trace(products)) / (count * (count - 1)))


def compared(own: np.ndarray, ctc: np.ndarray) -> dict[str, float | None]:
    """Sizes of a gradient beside that of CTC.

    Returns:
        norm: root of the mean squared norm.  common: norm of what the batches have in common (None if it is lost in
        the noise).  share: its part of the squared norm.  cosine: between what the batches have in common for both
        losses.
    """
    squared, shared, plain = float((own**2).sum(1).mean()), in_common(own, own), in_common(ctc, ctc)
    return {
        "norm": squared**0.5,
        "common": shared**0.5 if shared > 0 else None,
        "share": shared / squared if squared else None,
        "cosine": in_common(own, ctc) / (shared * plain) ** 0.5 if shared > 0 and plain > 0 else None,
    }


def module_and_batches(
    config: Mapping[str, Any], data: Path, init: Path, seed: int, count: int
) -> tuple[Any, list[Any]]:
    """The module of a configuration of the plan before its first update, and its first batches."""
    with tempfile.TemporaryDirectory() as folder:
        own = {**config, "model": {**config["model"], "init": str(init), "seed": seed}}
        own["data"] = {**config.get("data", {}), "train": str(data / "train"), "validation": str(data / "dev")}
        own["trainer"] = {**config["trainer"], "default_root_dir": folder, "accelerator": "cpu", "devices": 1}
        file = Path(folder) / "fit.yaml"
        file.write_text(yaml.safe_dump(own), encoding="utf-8")
        cli = prepared(["--config", str(file)])
    cli.datamodule.setup("fit")
    return cli.model, list(islice(cli.datamodule.train_dataloader(), count))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the parts train and dev")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--start", required=True, help="the run whose model is used")
    parser.add_argument("--methods", nargs="+", required=True)
    parser.add_argument("--batches", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    args = parser.parse_args(arguments)
    if args.batches < 2:
        parser.error(f"--batches: got {args.batches}, expected at least 2")
    found = {}
    for method in args.methods:
        run = next(run for run in runs_of(read_plan(args.plan), [args.seed], [method]) if run.method == method)
        module, batches = module_and_batches(
            run.config, args.data, args.runs / args.start / MODEL, args.seed, args.batches
        )
        plain, added = gradients(module, batches)
        found |= {CTC: compared(plain, plain), method: compared(added, plain)}
    with atomic_write(args.out) as stream:
        json.dump({"model": args.start, "batches": args.batches, "losses": found}, stream, indent=1)


if __name__ == "__main__":
    one_line(main)
