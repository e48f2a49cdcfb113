"""Inputs of the features: evidence, competitors and context of every placed cue, and the quality of the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.competitors import against_competitors, competitors_of
from ctcalign.aligner.confidence.context import Surroundings, surroundings
from ctcalign.aligner.confidence.cue_evidence import CueEvidence, cue_evidence, spoken_labels
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]

SLACK = 10  # frames before the first symbol of a word and after its last one in which competitors may lie
# Fractions of the words and gaps with the worst values: they may be wrong, so the recording quality ignores them.
WORST_WORDS, WORST_GAPS = 0.15, 0.05
MOST_EXCESS, MOST_RISE = 8.0, 3.0  # a symbol and a gap; larger values count as this


@dataclass(frozen=True)
class CueInputs:
    """Inputs for one placed cue with n words that can be spelled with the model's symbols.

    Attributes:
        competitors: see `against_competitors`. (n, 3)
        onset: seconds from the start of the cue to its first symbol.
        tail: seconds from its last symbol to its end.
        length: seconds.
    """

    evidence: CueEvidence
    competitors: F64
    surroundings: Surroundings
    onset: float
    tail: float
    length: float


@dataclass(frozen=True)
class RecordingQuality:
    """How well the recogniser fits a recording as a whole: means over its words and gaps without the worst ones.

    Attributes:
        word: nats per symbol by which other sounds explain the word better.
        gap: log of 1 + the nats that any sound between two words gains.
    """

    word: float
    gap: float


@dataclass(frozen=True)
class RecordingInputs:
    """Inputs for all cues of a recording that have a placed word, in order, and the quality of the recording."""

    cues: list[CueInputs]
    quality: RecordingQuality


def recording_inputs(
    emission: Emission,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    cues: Sequence[AlignedCue],
    spike_delay: float,
) -> RecordingInputs:
    """Compute the inputs from a finished alignment, in time linear in the length of the recording.

    Args:
        placed: place of each word of `text.spoken`, None for words that are not placed.
        cues: all cues of `text`.
        spike_delay: seconds by which the model's labels come late.
    """
    around = surroundings(emission, cues)
    known = competitors_of([spoken_labels(text, placed, n) for n, word in enumerate(text.spoken) if word.alternatives])
    found: list[CueInputs] = []
    for evidence in cue_evidence(emission, text, placed, cues, spike_delay):
        span, near = cues[evidence.cue].span, around[evidence.cue]
        if near is None or span is None:
            continue
        words = [spoken_labels(text, placed, number) for number in evidence.words]
        frames = evidence.frames[evidence.placed]
        shift, begin = emission.frame_shift, emission.offset - spike_delay
        found.append(
            CueInputs(
                evidence,
                against_competitors(emission, known, words, _slots(evidence)),
                near,
                float(frames[0, 0] * shift + begin - span.start),
                float(span.end - frames[-1, 1] * shift - begin),
                span.duration,
            )
        )
    return RecordingInputs(found, recording_quality([cue.evidence for cue in found]))


def _slots(cue: CueEvidence) -> list[tuple[int, int]]:
    """Frames [low, high) between the placed neighbours of each word, at most SLACK beyond its own symbols."""
    n = len(cue.words)
    low, high = [0] * n, [0] * n
    edge = cue.limits[0]
    for i in range(n):
        low[i] = edge
        if cue.placed[i]:
            low[i] = max(edge, int(cue.frames[i, 0]) - SLACK)
            edge = int(cue.frames[i, 1])
    edge = cue.limits[1]
    for i in range(n - 1, -1, -1):
        high[i] = edge
        if cue.placed[i]:
            high[i] = min(edge, int(cue.frames[i, 1]) + SLACK)
            edge = int(cue.frames[i, 0])
    return list(zip(low, high, strict=True))


def recording_quality(cues: Sequence[CueEvidence]) -> RecordingQuality:
    """Quality of a recording from its placed words and the gaps between them; 0 without any."""
    words = [np.minimum(excess(cue) / cue.letters, MOST_EXCESS)[cue.placed] for cue in cues]
    gaps = [np.minimum(rise(cue.after[:-1]), MOST_RISE) for cue in cues]
    return RecordingQuality(_mean_of_best(words, WORST_WORDS), _mean_of_best(gaps, WORST_GAPS))


def _mean_of_best(parts: Sequence[F64], left_out: float) -> float:
    values = np.sort(np.concatenate([np.zeros(0), *parts]))
    return float(values[: max(1, int((1 - left_out) * len(values)))].mean()) if values.size else 0.0


def excess(cue: CueEvidence) -> F64:
    """Nats gained by another sound in place of each word, less those gained by another sound next to the word. (n,)"""
    beside = np.maximum(np.maximum(cue.before, cue.after), 0.0)
    return np.asarray(np.maximum(0.0, np.maximum(cue.replaced, 0.0) - beside))


def rise(nats: F64) -> F64:
    """log(1 + x), with values below 0 counted as 0."""
    return np.asarray(np.log1p(np.maximum(nats, 0.0)))
