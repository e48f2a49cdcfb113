#!/usr/bin/env python3
"""Fit the costs of skipped text and uncaptioned speech, ctcalign.aligner.graph.word_graph.SkipCosts, to transcripts.

  tools/fit_skip_costs.py --manifest read_en/dev.jsonl --tar read_en/dev.tar --leave-out libri-174 libri-1919 \\
    libri-2078 --record tools/fits/skip_costs.json

The utterances of each speaker are joined to one recording and their captions are corrupted. A caption is right if it is
spoken and both its ends are within 0.5 s of the truth, or if it is not spoken and marked so. A word is right if it is
correctly marked as spoken or not; the word accuracy is the mean of the accuracies of both classes. The objective is the
mean of word accuracy and caption accuracy, the latter averaged over the kinds of corruption. Coordinate search: each
cost in turn is tried at multiples of its value and the best is kept (the first of equal ones), until a round changes
nothing. Prints every setting and writes the record; the defaults in the code are set by hand, rounded.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
import torch

import ctcalign
from ctcalign.aligner.graph.word_graph import SkipCosts
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import Transcript, transcript_of
from ctcalign.calibration.corruptions import corrupt
from ctcalign.calibration.joining import join
from ctcalign.calibration.truth import LabelledCue
from ctcalign.emission.emission import Emission, compute_emission
from ctcalign.errors import CaptionError
from ctcalign.files import read_json_lines
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

KINDS = ("exact", "text_noise15", "text_noise30", "missing", "extra", "mixed")
FACTORS = (0.5, 0.7, 1.4, 2.0)
WITHIN = 0.5  # seconds


@dataclass(frozen=True)
class Case:
    """One recording with captions of one kind."""

    kind: str
    emission: Emission
    text: Transcript
    key: Sequence[LabelledCue]


def read_speakers(manifest: Path, tar: Path, rate: int) -> dict[str, list[tuple[np.ndarray, str]]]:
    """Samples and text of the utterances of each speaker, in order of the archive."""
    rows = {row["path"]: row for row in read_json_lines(manifest)}
    found: dict[str, list[tuple[np.ndarray, str]]] = defaultdict(list)
    with tarfile.open(tar) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name in rows else None
            if file is None:
                continue
            samples, own = sf.read(io.BytesIO(file.read()), dtype="float32", always_2d=True)
            row = rows[member.name]
            mono = samples.mean(1)
            found[row["speaker"]].append((mono if own == rate else soxr.resample(mono, own, rate), row["text_norm"]))
    return found


def cases(
    speakers: dict[str, list[tuple[np.ndarray, str]]], model: AcousticModel, kinds: Sequence[str]
) -> Iterator[Case]:
    """Every recording with captions of every kind."""
    tokeniser = Tokeniser(model.vocabulary, model.language or "en", "auto")
    for number, (speaker, clips) in enumerate(sorted(speakers.items())):
        samples, spoken = join([clip for clip, _ in clips], [text for _, text in clips], model.sample_rate, seed=number)
        emission = compute_emission(model, samples)
        others = [text for other, rows in speakers.items() if other != speaker for _, text in rows]
        own = {utterance.text for utterance in spoken}
        for kind in kinds:
            key = corrupt(spoken, kind, seed=number, texts=[text for text in others if text not in own] or None)
            yield Case(kind, emission, transcript_of([row.cue for row in key], tokeniser, model.language), key)
        sys.stderr.write(f"{speaker}: {len(spoken)} utterances, {emission.duration / 60:.1f} minutes\n")


def right(case: Case, model: AcousticModel, costs: SkipCosts, words: dict[bool, list[int]]) -> tuple[int, int]:
    """Number of right captions and of all captions. Adds (right, all) words to `words`, keyed by whether spoken."""
    try:
        found = align_emission(case.emission, case.text, model, AlignOptions(skips=costs, unwritten=False)).cues
    except CaptionError:
        return 0, len(case.key)
    good = 0
    for cue, key in zip(found, case.key, strict=True):
        if key.spoken and len(cue.words) == len(key.words):
            for word, truth in zip(cue.words, key.words, strict=True):
                words[truth.spoken][0] += (word.status == "aligned") == truth.spoken
                words[truth.spoken][1] += 1
        if key.start is None or key.end is None:
            good += cue.status == "not_spoken"
        elif (span := cue.span) is not None:
            good += max(abs(span.start - key.start), abs(span.end - key.end)) <= WITHIN
    return good, len(case.key)


def accuracy(everything: Sequence[Case], model: AcousticModel, costs: SkipCosts) -> dict[str, float]:
    """Accuracy of the captions of each kind and of words, and the mean of both."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    words: dict[bool, list[int]] = {True: [0, 0], False: [0, 0]}
    for case in everything:
        good, count = right(case, model, costs, words)
        counts[case.kind][0] += good
        counts[case.kind][1] += count
    rates = {kind: good / max(1, count) for kind, (good, count) in counts.items()}
    spoken, unspoken = (good / max(1, count) for good, count in (words[True], words[False]))
    both = (float(np.mean(list(rates.values()))) + (spoken + unspoken) / 2) / 2
    return {**rates, "words_said": spoken, "words_unsaid": unspoken, "mean": both}


def fit(
    everything: Sequence[Case], model: AcousticModel, start: SkipCosts, rounds: int
) -> tuple[SkipCosts, list[dict[str, object]]]:
    """The best costs found by the search, and all costs that it tried."""
    tried: list[dict[str, object]] = []

    def measured(costs: SkipCosts) -> float:
        rates = accuracy(everything, model, costs)
        tried.append({**asdict(costs), **{name: round(value, 5) for name, value in rates.items()}})
        print(json.dumps(tried[-1]), flush=True)
        return rates["mean"]

    best, score = start, measured(start)
    for _ in range(rounds):
        before = best
        for name in asdict(start):
            for factor in FACTORS:
                value = float(f"{getattr(before, name) * factor:.3g}")
                costs = replace(best, **{name: value})
                found = measured(costs)
                if found > score + 1e-9:
                    best, score = costs, found
        if best == before:
            break
    return best, tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True, help="JSON lines with path, text_norm and speaker")
    parser.add_argument("--tar", type=Path, required=True, help="archive with those paths")
    parser.add_argument("--leave-out", nargs="*", default=[], help="speakers reserved for the evaluation")
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--record", type=Path, required=True, help="JSON to write")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = ctcalign.load_model(args.model)
    speakers = read_speakers(args.manifest, args.tar, model.sample_rate)
    speakers = {name: rows for name, rows in speakers.items() if name not in args.leave_out}
    everything = list(cases(speakers, model, args.kinds))
    best, tried = fit(everything, model, SkipCosts(), args.rounds)
    record = {
        "date": date.today().isoformat(),
        "model": model.name,
        "speakers": sorted(speakers),
        "minutes": round(sum(case.emission.duration for case in everything) / len(args.kinds) / 60, 1),
        "kinds": args.kinds,
        "first": asdict(SkipCosts()),
        "best": asdict(best),
        "tried": tried,
    }
    args.record.parent.mkdir(parents=True, exist_ok=True)
    args.record.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{args.record}: best {best}")


if __name__ == "__main__":
    main()
