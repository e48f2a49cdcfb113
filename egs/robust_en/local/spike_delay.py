"""Measure the delay of a model's spikes after the sounds, on synthetic speech with exact times.

python -m egs.robust_en.local.spike_delay --model checkpoint:exp/full/model.safetensors --cuts exp/data/clean

Speaks the texts of the cuts with hibari-tts (pip install hibari-tts), whose labels mark the spaces between words. For
each text the best path is computed; the delay of a word is the start of its first letter's spike minus the start of the
word. Prints the median in seconds over all words except the first of each text, as `egs.mini_en.local.spike_delay`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys

import numpy as np

from ctcalign import load_model
from ctcalign.ctc import best_path
from ctcalign.models.inference import emissions_of
from ctcalign.models.protocol import AcousticModel
from ctcalign.train.data.cuts import open_cuts
from egs.mini_en.local.engines import Hibari
from egs.mini_en.local.synthesise import finish
from recipes.errors import one_line

SPACE = "?"  # label of the space between two words


def delays(model: AcousticModel, texts: list[str]) -> list[float]:
    """Delays in seconds of all words except the first of each text."""
    rng, noise = random.Random(0), np.random.default_rng(0)
    columns = {symbol: column for column, symbol in enumerate(model.vocabulary.symbols)}
    found: list[float] = []
    for text, spoken in zip(texts, Hibari().speak(texts, rng), strict=True):
        words = text.lower().split()
        if spoken is None or any(letter not in columns for letter in "".join(words)):
            continue
        wave, phones = finish(spoken, rng)
        starts = [end for phone, end in phones if phone == SPACE][1:-1]  # without the silence at both ends
        if len(starts) != len(words) - 1 or len(wave) > 25 * model.sample_rate:
            continue
        wave = wave + noise.normal(0, 1e-3, len(wave)).astype(np.float32)  # faint background noise, as in a room
        (log_probs,) = emissions_of(model, wave[None])
        separator = model.vocabulary.separator
        labels = [columns[letter] if letter != " " else separator for letter in " ".join(words)]
        spans = best_path(log_probs, labels).spans
        firsts = [place + 1 for place, label in enumerate(labels) if label == separator]
        found += [spans[place][0] * model.frame_shift - start for place, start in zip(firsts, starts, strict=True)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cuts", required=True, help="folder or file of cuts, whose texts are spoken")
    parser.add_argument("--utterances", type=int, default=100, help="texts to speak")
    args = parser.parse_args()
    cuts = open_cuts("cuts", args.cuts)
    texts = [cut.supervisions[0].text for cut, _ in zip(cuts, range(args.utterances), strict=False)]
    found = delays(load_model(args.model), texts)
    if not found:
        raise SystemExit(f"--cuts: no text of {args.cuts} could be spoken and placed")
    spread = np.percentile(found, (10, 50, 90))
    sys.stderr.write(f"{len(found)} words: P10 {spread[0]:.3f}, median {spread[1]:.3f}, P90 {spread[2]:.3f} s\n")
    sys.stdout.write(f"{statistics.median(found):.3f}\n")


if __name__ == "__main__":
    one_line(main)
