#!/usr/bin/env python3
"""Fit the confidence of `ctcalign search`: a logistic regression over what the search looks at in read speech.

    python tools/fit_search.py dev.jsonl dev.tar -o ctcalign/models/builtin/en/search.json

The manifest has a line of JSON for each utterance (path, text_norm, speaker), the tar the files. The utterances of each
speaker become one recording; in it phrases of 1, 2 and 3 to 5 words are searched, as many that occur as such that do
not. What is printed is measured on speakers that were left out of the fit, one at a time; the file has the fit to all.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from search_trials import Candidate, Recording, SpokenWord, candidates, measured, trial_phrases

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.emission.emission import compute_emission
from ctcalign.files import atomic_write
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel
from ctcalign.search.confidence import PhraseCalibration
from ctcalign.search.evidence import FEATURES
from ctcalign.text.tokeniser import Tokeniser

GAP = 0.5  # seconds of faint noise before each utterance
RIDGE = 1.0  # of the standardised weights: keeps the fit finite where features are nearly the same


def recordings(manifest: Path, tar: Path, model: AcousticModel) -> Iterator[Recording]:
    """The utterances of each speaker as one recording, its words placed by the aligner."""
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    noise = np.random.default_rng(0)
    with tarfile.open(tar) as files:
        for speaker in dict.fromkeys(row["speaker"] for row in rows):
            own = [row for row in rows if row["speaker"] == speaker]
            parts = []
            for row in own:
                file = files.extractfile(row["path"])
                if file is None:
                    raise SystemExit(f"{tar}: {row['path']} is no file")
                samples, rate = sf.read(io.BytesIO(file.read()), dtype="float32")
                if rate != model.sample_rate or samples.ndim != 1:
                    raise SystemExit(f"{row['path']}: expected mono at {model.sample_rate} Hz, got {rate} Hz")
                parts += [(1e-4 * noise.normal(size=round(GAP * rate))).astype(np.float32), samples]
            emission = compute_emission(model, np.concatenate(parts))
            cues = [Cue(number, row["text_norm"]) for number, row in enumerate(own)]
            text = transcript_of(cues, Tokeniser(model.vocabulary, "en"), "en")
            placed = align_emission(emission, text, model, AlignOptions(skips=None, unwritten=False))
            words = [
                SpokenWord(word.text, word.start or 0.0, word.end or 0.0, cue.index)
                for cue in placed.cues
                for word in cue.words
            ]
            yield Recording(speaker, emission, words)


def logistic(features: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Bias and weights of the most likely logistic regression under a small ridge, by Newton's method."""
    mean, spread = features.mean(0), features.std(0)
    spread = np.where(spread > 1e-3, spread, 1.0)  # of nats or counts: what hardly varies gets no weight to speak of
    ones = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    ridge = RIDGE * np.diag([0.0, *np.ones(features.shape[1])])
    weights = np.zeros(ones.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-ones @ weights))
        slope = ones.T @ (chance - right) + ridge @ weights
        step = np.linalg.solve((ones * (chance * (1 - chance))[:, None]).T @ ones + ridge, slope)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    own = weights[1:] / spread
    return float(weights[0] - own @ mean), own


def fitted(found: Sequence[Candidate], model: str, fitted_on: str) -> PhraseCalibration:
    """The calibration of some candidates."""
    features = np.array([[c.seen.features()[name] for name in FEATURES] for c in found])
    bias, weights = logistic(features, np.array([c.truth is not None for c in found], float))
    rounded = {name: round(float(weight), 5) for name, weight in zip(FEATURES, weights, strict=True)}
    return PhraseCalibration(model, round(bias, 5), rounded, fitted_on)


def main() -> None:
    """Fit, print what left-out speakers say, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("tar", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument(
        "--count", type=int, default=60, help="phrases a class and recording, as many again that do not occur"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    model = load_model(args.model)
    known = list(recordings(args.manifest, args.tar, model))
    rng = random.Random(args.seed)
    found: dict[str, list[Candidate]] = {}
    phrases = {}
    for recording in known:
        there = trial_phrases(recording, [other for other in known if other is not recording], args.count, rng)
        phrases[recording.name] = there
        texts = {kind: [*inside, *outside] for kind, (inside, outside) in there.items()}
        found[recording.name] = list(candidates(recording, texts, model))
        print(f"{recording.name}: {len(found[recording.name])} candidates", file=sys.stderr, flush=True)
    hours = sum(recording.emission.duration for recording in known) / 3600
    fitted_on = (
        f"{hours:.2f} h of read speech of {len(known)} speakers; for each, {args.count} phrases of 1, 2 and 3 to 5 "
        f"words that occur and as many that do not; {sum(map(len, found.values()))} candidates; seed {args.seed}"
    )
    judged = []
    for recording in known:
        rest = [c for name, own in found.items() if name != recording.name for c in own]
        calibration = fitted(rest, args.model, "")
        judged += [(c, calibration.confidence(c.seen.features())) for c in found[recording.name]]
    for line in measured(judged, known, phrases):
        print(line)
    calibration = fitted([c for own in found.values() for c in own], args.model, fitted_on)
    with atomic_write(args.output) as file:
        file.write(json.dumps(calibration.to_dict(), indent=1) + "\n")


if __name__ == "__main__":
    main()
