"""Measure the delay of a model's spikes after the sounds, on synthetic speech with exact times.

The labels of hibari-tts mark the spaces between words. For each utterance the best path of its text is computed; the
delay of a word is the start of its first letter's spike minus the start of the word. Prints the median in seconds over
all words except the first of each utterance (after silence the energy locates the start more precisely).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ctcalign.ctc import best_path
from ctcalign.files import read_json_lines
from egs.mini_en.local.data import encode
from egs.mini_en.local.evaluate import load_network
from recipes.errors import one_line

SPACE = -1  # class of the label that stands for a space between words


def word_starts(row: dict[str, Any]) -> list[float] | None:
    """Starts of the second and later words in seconds; None if labels and text have different numbers of words."""
    inner = (row.get("phones") or [])[1:-1]  # without the silence at both ends
    starts = [end / 100 for phone, end in inner if phone == SPACE]
    return starts if len(starts) == len(row["text"].split()) - 1 else None


def delays(network: torch.nn.Module, stem: Path, utterances: int) -> list[float]:
    """Delays in seconds of all words except the first, of up to `utterances` utterances of a shard."""
    features = np.load(stem.with_suffix(".npy"), mmap_mode="r")
    found: list[float] = []
    used = 0
    for row in read_json_lines(stem.with_suffix(".jsonl")):
        starts = word_starts(row)
        if not starts or used == utterances:
            continue
        used += 1
        x = np.array(features[row["start"] : row["start"] + row["frames"]], np.float32)
        noise = (
            np.random.default_rng(0).normal(-11.0, 0.5, x.shape).astype(np.float32)
        )  # faint background noise, as in a room
        with torch.inference_mode():
            log_probs, lengths = network(torch.from_numpy(np.logaddexp(x, noise))[None], torch.tensor([len(x)]))
        spans = best_path(log_probs[0, : int(lengths[0])], encode(row["text"])).spans
        first_letters = [i + 1 for i, letter in enumerate(row["text"]) if letter == " "]
        found += [spans[i][0] * 0.02 - start for i, start in zip(first_letters, starts, strict=True)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--feats", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=100, help="utterances to measure on")
    args = parser.parse_args()
    network = load_network(args.checkpoint)
    manifests = sorted(args.feats.glob("hibari-*.jsonl"))
    if not manifests:
        raise SystemExit(f"--feats: no hibari shard in {args.feats}; run stage 1 first")
    found = delays(network, manifests[-1].with_suffix(""), args.utterances)
    spread = np.percentile(found, (10, 50, 90))
    sys.stderr.write(f"{len(found)} words: P10 {spread[0]:.3f}, median {spread[1]:.3f}, P90 {spread[2]:.3f} s\n")
    sys.stdout.write(f"{max(0.0, statistics.median(found)):.3f}\n")


if __name__ == "__main__":
    one_line(main)
