#!/usr/bin/env python3
"""Measure by how much a model's spikes lag the sounds, on synthetic speech whose phone times are exact.

For each utterance the best path of its own text is searched; the delay of a word is the beginning of the spike of its
first letter less the beginning of its first phone, after a pause of at least 100 ms (so that the word's beginning is a
fact of the sound and not of the labels). Prints the median in seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import encode
from evaluate import load_network
from shards import PHONE_ID

from ctcalign.ctc import best_path


def delays(network: torch.nn.Module, stem: Path, utterances: int) -> list[float]:
    """Seconds for the first word of each utterance (the only one whose letters and phones begin together for sure)."""
    features = np.load(stem.with_suffix(".npy"), mmap_mode="r")
    rows = [json.loads(line) for line in stem.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    found = []
    for row in [row for row in rows if row.get("phones")][:utterances]:
        onset = next(
            (
                before[1]
                for before, (phone, _) in zip(row["phones"], row["phones"][1:], strict=False)
                if before[0] == PHONE_ID["pau"] and phone > 0
            ),
            None,
        )
        if onset is None or onset < 10:
            continue
        x = np.array(features[row["start"] : row["start"] + row["frames"]], np.float32)
        noise = (
            np.random.default_rng(0).normal(-11.0, 0.5, x.shape).astype(np.float32)
        )  # a faint floor, as recordings have
        with torch.inference_mode():
            log_probs, lengths = network(torch.from_numpy(np.logaddexp(x, noise))[None], torch.tensor([len(x)]))
        spans = best_path(log_probs[0, : int(lengths[0])], encode(row["text"])).spans
        found.append(spans[0][0] * 0.02 - onset * 0.01)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--feats", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=100, help="of each synthesiser")
    args = parser.parse_args()
    network = load_network(args.checkpoint)
    found = []
    for engine in ("hibari", "flite", "festival"):
        manifests = sorted(args.feats.glob(f"{engine}-*.jsonl"))
        if manifests:
            some = delays(network, manifests[-1].with_suffix(""), args.utterances)
            found += some
            sys.stderr.write(f"{engine}: median {statistics.median(some):.3f} s of {len(some)} first words\n")
    sys.stdout.write(f"{statistics.median(found):.3f}\n")


if __name__ == "__main__":
    main()
