#!/usr/bin/env python3
"""Rows of a fixed offline model on each part: its emission times are what drift latency is measured against."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from awp_cuts import read_shar, timed_words
from awp_scoring import Row, score, summary, write_rows

import ctcalign
from ctcalign.metrics import emission_times


def heard(model: Any, cut: Any, min_score: float, device: str) -> Row:
    """The greedy path of one cut."""
    audio = torch.from_numpy(cut.resample(model.sample_rate).load_audio()).to(device)
    with torch.inference_mode():
        log_probs, lengths = model(audio, torch.tensor([audio.shape[1]], device=device))
    path = log_probs[0, : int(lengths[0])].argmax(-1).cpu().numpy()
    tokens = emission_times(path, model.frame_shift, model.vocabulary.blank)
    return score(cut.id, timed_words(cut, min_score), tokens, model.vocabulary.symbols)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of Shar folders")
    parser.add_argument("--parts", nargs="+", default=["dev", "test"])
    parser.add_argument("--model", default="builtin:en", help="an offline model with the same kind of symbols")
    parser.add_argument("--min-word-score", type=float, default=-2.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = ctcalign.load_model(args.model, args.device)
    args.out.mkdir(parents=True, exist_ok=True)
    for part in args.parts:
        file = args.out / f"{part}.jsonl"
        if file.exists():
            continue
        rows = [heard(model, cut, args.min_word_score, args.device) for cut in read_shar(args.data / part)]
        write_rows(file, rows)
        found = summary(rows, 0.0)
        sys.stderr.write(f"{part}: {args.model} WER {found['wer']:.4f}, delay {found['delay']}\n")


if __name__ == "__main__":
    main()
