#!/usr/bin/env python3
"""Hours of synthetic speech, aligned to captions of which some are not spoken and some are missing.

  tools/bench/noisy_hours.py [--quick] [--hours 1 3 10]

The emissions are synthetic: sentences from an artificial lexicon, 20 ms a frame, 29 symbols, a fifth of the letters
wrong. Two captions in a hundred are not spoken and two sentences in a hundred have no caption. Each case runs in its
own process on one thread; memory is the peak of `align` beyond that of the finished emission. A case fails if captions
are missing from the result.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from common import RESULTS, in_subprocess, machine, markdown, measured, write_report

SHIFT = 0.02
LETTERS = "abcdefghijklmnopqrstuvwxyz'"
WRONG, UNSPOKEN, UNWRITTEN = 0.2, 0.02, 0.02
NEAR = 0.5  # seconds
BLANK, SEPARATOR, FIRST = 0, 1, 2
BLOCK = 100_000  # frames
HEADER = (
    "hours",
    "frames",
    "captions",
    "wall, s",
    "CPU, s",
    "GB beyond the emission",
    "spoken, both ends within 0.5 s",
    "not spoken, found",
    "sentences without a caption",
    "stretches listed",
)


def lexicon(rng: np.random.Generator, size: int = 6000) -> list[str]:
    """Artificial words, short ones first, to be drawn with frequencies that follow Zipf's law."""
    vowels, others = list("aeiou"), list("bcdfghklmnprstvw")
    found: dict[str, None] = {}
    while len(found) < size:
        syllables = 1 + int(rng.integers(0, 1 + min(3, len(found) // 300)))
        word = "".join(str(rng.choice(others)) + str(rng.choice(vowels)) for _ in range(syllables))
        found[word + str(rng.choice(["", "n", "s", "t", "r"]))] = None
    return list(found)


def sentences(rng: np.random.Generator, hours: float) -> list[str]:
    """Random sentences that last the given hours."""
    words = lexicon(rng)
    weights = 1 / np.arange(2, len(words) + 2)
    weights /= weights.sum()
    found, letters = [], 0
    while letters < hours * 3600 * 11.4:  # letters a second, pauses included
        found.append(" ".join(rng.choice(words, int(rng.integers(5, 18)), p=weights)))
        letters += len(found[-1])
    return found


def labels_of(texts: list[str], rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The label of each frame, and start and end of each sentence in seconds."""
    labels: list[int] = []
    times = []
    for text in texts:
        labels += [BLANK] * int(rng.integers(15, 45))
        start = len(labels)
        for word in text.split():
            for letter in word:
                labels += [FIRST + LETTERS.index(letter), *[BLANK] * int(rng.integers(2, 5))]
            labels += [SEPARATOR, BLANK, BLANK]
        times.append((start * SHIFT, (len(labels) - 4) * SHIFT))
    labels += [BLANK] * 50
    return np.array(labels, np.uint8), times


def write_emission(labels: np.ndarray, rng: np.random.Generator, file: Path) -> np.memmap[Any, np.dtype[np.float16]]:
    """Log-probs (T, 29): spikes on the labels; for a fifth of the letters a wrong one is likelier."""
    classes = FIRST + len(LETTERS)
    rows = np.memmap(file, np.float16, "w+", shape=(len(labels), classes))
    for start in range(0, len(labels), BLOCK):
        part = labels[start : start + BLOCK].astype(np.int64)
        logits = rng.normal(0, 1, (len(part), classes))
        places = np.arange(len(part))
        logits[places, part] += 6.0
        wrong = (rng.random(len(part)) < WRONG) & (part >= FIRST)
        logits[places[wrong], rng.integers(FIRST, classes, int(wrong.sum()))] += 8.0
        logits -= np.log(np.exp(logits).sum(1, keepdims=True))
        rows[start : start + BLOCK] = logits
    rows.flush()
    return rows


def case(hours: float) -> dict[str, Any]:
    """Time, memory and accuracy of one recording."""
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.run import align_emission
    from ctcalign.aligner.transcript import transcript_of
    from ctcalign.alignment.cue import Cue
    from ctcalign.emission.emission import Emission
    from ctcalign.text.tokeniser import Tokeniser
    from ctcalign.text.vocabulary import Vocabulary

    rng = np.random.default_rng(1)
    spoken_texts = sentences(rng, hours)
    labels, times = labels_of(spoken_texts, rng)
    vocabulary = Vocabulary(("<blank>", " ", *LETTERS), blank=BLANK, separator=SEPARATOR)
    extra = iter(sentences(np.random.default_rng(2), hours))
    captions: list[str] = []
    truth: list[tuple[float, float] | None] = []
    for text, time in zip(spoken_texts, times, strict=True):
        if rng.random() < UNSPOKEN:
            captions.append(next(extra))
            truth.append(None)
        if rng.random() >= UNWRITTEN:
            captions.append(text)
            truth.append(time)
    cues = [Cue(number, text) for number, text in enumerate(captions)]
    text = transcript_of(cues, Tokeniser(vocabulary, "en", "never"), "en")

    class Model:
        name, spike_delay = "synthetic", 0.0

    Model.vocabulary = vocabulary  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        rows = write_emission(labels, rng, Path(folder) / "emission")
        energy = np.where(np.repeat(labels, 2) == BLANK, -12.0, -6.0).astype(np.float32)
        emission = Emission(rows, SHIFT, 0.0, vocabulary, len(rows) * SHIFT, energy)
        # Compile the kernels, or read them from their cache, before the measurement.
        short = Emission(rows[:3000], SHIFT, 0.0, vocabulary, 3000 * SHIFT, energy[:6000])
        few = transcript_of(cues[:6], Tokeniser(vocabulary, "en", "never"), "en")
        align_emission(short, few, Model(), AlignOptions())  # type: ignore[arg-type]
        figures, found = measured(lambda: align_emission(emission, text, Model(), AlignOptions()))  # type: ignore[arg-type]
    if len(found.cues) != len(cues):
        raise SystemExit(f"{len(found.cues)} captions in the result, expected {len(cues)}")
    spoken = [(cue, place) for cue, place in zip(found.cues, truth, strict=True) if place is not None]
    near = [
        (span := cue.span) is not None and max(abs(span.start - a), abs(span.end - b)) <= NEAR for cue, (a, b) in spoken
    ]
    unspoken = [cue for cue, place in zip(found.cues, truth, strict=True) if place is None]
    return {
        "hours": hours,
        "frames": len(labels),
        "captions": len(cues),
        **figures,
        "spoken": len(spoken),
        "near": sum(near),
        "unspoken": len(unspoken),
        "found": sum(cue.status == "not_spoken" for cue in unspoken),
        "unwritten": len(spoken_texts) - len(spoken),
        "listed": len(found.unwritten),
    }


def table(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        if "failed" in row:
            lines.append([f"{row['hours']:g}", *["-"] * (len(HEADER) - 2), row["failed"]])
            continue
        sizes = [f"{row['hours']:g}", f"{row['frames']:,}", f"{row['captions']:,}"]
        costs = [f"{row['wall_s']:.1f}", f"{row['cpu_s']:.1f}", f"{row['beyond_gb']:.2f}"]
        kept = [f"{row['near']} of {row['spoken']}", f"{row['found']} of {row['unspoken']}"]
        lines.append([*sizes, *costs, *kept, str(row["unwritten"]), str(row["listed"])])
    return markdown(HEADER, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half an hour only")
    parser.add_argument("--hours", type=float, nargs="+", default=[1, 3, 10])
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(case(**json.loads(args.case))))
        return
    rows = []
    for hours in [0.5] if args.quick else args.hours:
        rows.append({"hours": hours, **in_subprocess(Path(__file__).resolve(), {"hours": hours})})
        print(json.dumps(rows[-1]), flush=True)
    about = machine()
    text = table(rows) + "\n" + ", ".join(f"{name} {value}" for name, value in about.items()) + "\n"
    write_report("noisy_hours", {"machine": about, "rows": rows}, text, RESULTS, quick=args.quick)


if __name__ == "__main__":
    main()
