#!/usr/bin/env python3
"""Measure `ctcalign search` on recordings whose words and times are known: the table of docs/search.md.

    python tools/measure_search.py ljspeech_long/truth.json reader_b_long/truth.json sonnet/truth.json

Phrases that occur are drawn from each recording, phrases that do not from the others.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
from search_trials import CLASSES, Candidate, Recording, SpokenWord, candidates, measured, trial_phrases

from ctcalign.audio import open_audio
from ctcalign.emission.emission import compute_emission
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.confidence import calibration_for, read_calibration
from ctcalign.search.hits import placed
from ctcalign.search.phrases import prepared
from ctcalign.text.tokeniser import Tokeniser


def recording(truth: Path, model: AcousticModel) -> Recording:
    """A recording with the words of its truth file; their times where it has them only roughly, too."""
    document = json.loads(truth.read_text(encoding="utf-8"))
    words = []
    for number, utterance in enumerate(document["utterances"]):
        known = utterance.get("words") or utterance.get("words_auto")
        if known is None:
            raise SystemExit(f"{truth}: utterance {number} has no word times")
        words += [SpokenWord(word["text"].lower(), word["start"], word["end"], number) for word in known]
    with open_audio(truth.parent / document["audio"], model.sample_rate, "mix") as reader:
        emission = compute_emission(model, reader)
    return Recording(truth.parent.name, emission, words)


def time_errors(judged: list[tuple[Candidate, float]], known: dict[str, Recording], model: AcousticModel) -> str:
    """Median and 90th percentile of the errors of starts and ends of the right hits at 0.5."""
    tokeniser = Tokeniser(model.vocabulary, "en")
    starts, ends = [], []
    for found, sure in judged:
        if found.truth is None or sure < 0.5:
            continue
        emission = known[found.recording].emission
        [phrase] = prepared([found.phrase], tokeniser, "en", model.frame_shift, model.name)
        hit = placed(phrase, found.seen, emission, model.spike_delay, sure)
        starts.append(abs((hit.start or 0.0) - found.truth[0]))
        ends.append(abs((hit.end or 0.0) - found.truth[1]))
    if not starts:
        return "no right hits"
    parts = [
        f"{name}: median {np.median(errors):.3f} s, P90 {np.percentile(errors, 90):.3f} s"
        for name, errors in (("starts", starts), ("ends", ends))
    ]
    return f"{len(starts)} right hits; " + "; ".join(parts)


def main() -> None:
    """Print a table for each recording and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "truth", type=Path, nargs="+", help="two at least: the phrases that do not occur come from the others"
    )
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--calibration", type=Path)
    parser.add_argument(
        "--count", type=int, default=60, help="phrases a class and recording, as many again that do not occur"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if len(args.truth) < 2:
        parser.error("give two recordings at least")
    model = load_model(args.model)
    calibration = read_calibration(args.calibration) if args.calibration else calibration_for(args.model)[0]
    recordings = [recording(path, model) for path in args.truth]
    rng = random.Random(args.seed)
    phrases = {}
    judged: list[tuple[Candidate, float]] = []
    for one in recordings:
        phrases[one.name] = trial_phrases(one, [other for other in recordings if other is not one], args.count, rng)
        texts = {kind: [*inside, *outside] for kind, (inside, outside) in phrases[one.name].items()}
        judged += [(c, calibration.confidence(c.seen.features())) for c in candidates(one, texts, model)]
        print(f"{one.name}: {sum(c.recording == one.name for c, _ in judged)} candidates", file=sys.stderr, flush=True)
    known = {one.name: one for one in recordings}
    for name in [*known, "all"]:
        here = [pair for pair in judged if name in ("all", pair[0].recording)]
        members = [one for one in recordings if name in ("all", one.name)]
        print(f"\n{name}\n")
        for line in measured(here, members, {one.name: phrases[one.name] for one in members}):
            print(line)
        for kind in CLASSES:
            print(f"{kind}: {time_errors([pair for pair in here if pair[0].kind == kind], known, model)}")
    for least in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        print(f"\nfrom {least:g}\n")
        for line in measured(judged, recordings, phrases, least)[2:]:
            print(line)


if __name__ == "__main__":
    main()
