"""Greedy character error rate of a model on test shards.

python -m egs.mini_en.local.evaluate --checkpoint exp/model/last.pt --dev exp/devfeats
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ctcalign.edits import edit_distance
from ctcalign.files import read_json_lines
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network
from egs.mini_en.local.data import decode
from egs.mini_en.local.shards import PHONES
from recipes.errors import one_line


def greedy(log_probs: Tensor) -> str:
    """The text of the greedy path. (T, C) -> text."""
    best = torch.unique_consecutive(log_probs.argmax(-1)).tolist()
    return decode([i for i in best if i != 0])


@torch.inference_mode()
def character_error_rates(network: Network, folder: Path, limit: int | None = None) -> dict[str, float]:
    """Errors over reference characters for each test set (and each corpus within it)."""
    errors: dict[str, int] = {}
    letters: dict[str, int] = {}
    network.eval()
    for manifest in sorted(folder.glob("*.jsonl")):
        features = np.load(manifest.with_suffix(".npy"), mmap_mode="r")
        seen: dict[str, int] = {}
        for row in read_json_lines(manifest):
            name = re.sub(r"[^a-z0-9-]+", "_", row["source"].lower())
            seen[name] = seen.get(name, 0) + 1
            if limit and seen[name] > limit:
                continue
            x = torch.from_numpy(np.asarray(features[row["start"] : row["start"] + row["frames"]], np.float32))[None]
            log_probs, lengths = network(x, torch.tensor([x.shape[1]]))
            hypothesis = greedy(log_probs[0, : int(lengths[0])])
            errors[name] = errors.get(name, 0) + edit_distance(row["text"], hypothesis)
            letters[name] = letters.get(name, 0) + len(row["text"])
    network.train()
    return {name: round(errors[name] / letters[name], 4) for name in errors}


def load_network(checkpoint: Path) -> Network:
    """The averaged weights of a training run."""
    weights = torch.load(checkpoint, weights_only=True)["average"]
    blocks = sum(name.endswith("depthwise.weight") for name in weights)
    network = Network(NetworkConfig(phones=len(PHONES), dim=weights["norm.weight"].numel(), blocks=blocks))
    network.load_state_dict(weights)
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    args = parser.parse_args()
    sys.stdout.write(json.dumps(character_error_rates(load_network(args.checkpoint), args.dev)) + "\n")


if __name__ == "__main__":
    one_line(main)
