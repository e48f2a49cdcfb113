"""Everything about the placed cues of a recording from which features are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.competitors import SLACK, against_rivals, rivals
from ctcalign.aligner.confidence.context import Surroundings, surroundings
from ctcalign.aligner.confidence.cue_evidence import CueEvidence, cue_evidence, spoken_labels
from ctcalign.aligner.confidence.recording_quality import Level, level
from ctcalign.aligner.placing.placement import PlacedWord
from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.emission.emission import Emission

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class CueMaterial:
    """Of one placed cue with n words that the model can say.

    Attributes:
        rivals: see `against_rivals`. (n, 3)
        onset: seconds from its start to its first symbol.   tail: from its last symbol to its end.
        length: seconds.
    """

    evidence: CueEvidence
    rivals: F64
    surroundings: Surroundings
    onset: float
    tail: float
    length: float


@dataclass(frozen=True)
class Material:
    """Of a recording: its placed cues of which something was heard, in order, and its level."""

    cues: list[CueMaterial]
    level: Level


def material(
    emission: Emission,
    text: Transcript,
    placed: Sequence[PlacedWord | None],
    cues: Sequence[AlignedCue],
    spike_delay: float,
) -> Material:
    """Look at a recording once more, now that everything has its place; in time linear in its length.

    Args:
        placed: the place of each of `text.spoken`.
        cues: all cues, as `text` has them.
    """
    around = surroundings(emission, cues)
    known = rivals([spoken_labels(text, placed, n) for n, word in enumerate(text.spoken) if word.alternatives])
    found: list[CueMaterial] = []
    for evidence in cue_evidence(emission, text, placed, cues, spike_delay):
        span, near = cues[evidence.cue].span, around[evidence.cue]
        if near is None or span is None:
            continue
        words = [spoken_labels(text, placed, number) for number in evidence.words]
        heard = evidence.frames[evidence.heard]
        shift, begin = emission.frame_shift, emission.offset - spike_delay
        found.append(
            CueMaterial(
                evidence,
                against_rivals(emission, known, words, _slots(evidence)),
                near,
                float(heard[0, 0] * shift + begin - span.start),
                float(span.end - heard[-1, 1] * shift - begin),
                span.duration,
            )
        )
    return Material(found, level([cue.evidence for cue in found]))


def _slots(cue: CueEvidence) -> list[tuple[int, int]]:
    """Frames [low, high) between the heard neighbours of each word, not far beyond its own where it was heard."""
    n = len(cue.words)
    low, high = [0] * n, [0] * n
    edge = cue.limits[0]
    for i in range(n):
        low[i] = edge
        if cue.heard[i]:
            low[i] = max(edge, int(cue.frames[i, 0]) - SLACK)
            edge = int(cue.frames[i, 1])
    edge = cue.limits[1]
    for i in range(n - 1, -1, -1):
        high[i] = edge
        if cue.heard[i]:
            high[i] = min(edge, int(cue.frames[i, 1]) + SLACK)
            edge = int(cue.frames[i, 0])
    return list(zip(low, high, strict=True))
