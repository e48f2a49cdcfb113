"""Numbers about the words of a cue and about the gaps between them, from which probabilities are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.inputs import CueMaterial
from ctcalign.aligner.confidence.recording_quality import Level, excess, rise

F64 = NDArray[np.float64]

WORD_NAMES = (
    "excess_by_level",
    "excess",
    "excess_a_letter",
    "beside",
    "before",
    "after",
    "skipped",
    "letters",
    "left_excess",
    "right_excess",
    "left_unheard",
    "right_unheard",
    "frames_a_letter",
    "level",
    "gap_level",
    "margin",
    "margin_lost",
    "deviations",
    "share_of_better",
    "excess_x_margin",
    "excess_x_letters",
    "margin_x_letters",
)
GAP_NAMES = (
    "gain",
    "gain_linear",
    "gain_by_level",
    "left_excess",
    "right_excess",
    "frames",
    "level",
    "gap_level",
    "left_deviations",
    "right_deviations",
    "gain_x_frames",
    "left_letters",
    "right_letters",
    "usual_word",
    "usual_word_lost",
    "gain_of_no_usual_word",
)
# What the level of a recording is worth at least, in nats: a word, and a gap.
LEAST_WORD, LEAST_GAP = 1.5, 0.3
MOST_MARGIN = 2.5


@dataclass(frozen=True)
class Rows:
    """Of a cue with n words: features of the words (n, ...) and of the gaps (n - 1, ...), which words were heard, and
    which gaps lie between heard words: of the others nothing is known."""

    words: F64
    gaps: F64
    heard: NDArray[np.bool_]
    known: NDArray[np.bool_]


def features_of(cue: CueMaterial, level: Level) -> Rows:
    """Of one cue."""
    heard = cue.evidence.heard
    return Rows(word_features(cue, level), gap_features(cue, level), heard, np.asarray(heard[:-1] & heard[1:]))


def word_features(cue: CueMaterial, level: Level) -> F64:
    """(n, len(WORD_NAMES)) of a cue with n words."""
    found = cue.evidence
    n = len(found.words)
    over = excess(found)
    by_level = _by_level(over, found.letters, level)
    letters = np.minimum(np.log(found.letters), 2.0)
    margin = np.sign(cue.rivals[:, 0]) * np.log1p(np.abs(cue.rivals[:, 0]))
    capped = np.minimum(margin, MOST_MARGIN)
    heard = found.heard.astype(np.float64)
    columns = (
        by_level,
        rise(over),
        over / found.letters,
        rise(found.replaced) - rise(over),
        rise(found.before),
        rise(found.after),
        np.sign(found.skipped) * np.log1p(np.abs(found.skipped)),
        letters,
        _shifted(by_level, 1, 0.0),
        _shifted(by_level, -1, 0.0),
        1.0 - _shifted(heard, 1, 1.0),
        1.0 - _shifted(heard, -1, 1.0),
        np.log(np.clip((found.frames[:, 1] - found.frames[:, 0]) / found.letters, 0.5, 20.0)),
        np.full(n, level.word),
        np.full(n, level.gap),
        capped,
        np.minimum(margin, 0.0),
        cue.rivals[:, 1],
        np.log(cue.rivals[:, 2] + 0.02),
        by_level * capped,
        by_level * letters,
        capped * letters,
    )
    return np.stack(columns, axis=1)


def gap_features(cue: CueMaterial, level: Level) -> F64:
    """(n - 1, len(GAP_NAMES)) of a cue with n words."""
    found = cue.evidence
    gains = np.maximum(found.after[:-1], 0.0)
    by_level = _by_level(excess(found), found.letters, level)
    frames = np.log1p(np.maximum(found.frames[1:, 0] - found.frames[:-1, 1], 0))
    letters = np.log(found.letters)
    usual = found.usual_after[:-1]
    columns = (
        rise(gains),
        np.minimum(gains, 20.0),
        np.log1p(gains / (np.expm1(level.gap) + LEAST_GAP)),
        by_level[:-1],
        by_level[1:],
        frames,
        np.full(len(gains), level.word),
        np.full(len(gains), level.gap),
        cue.rivals[:-1, 1],
        cue.rivals[1:, 1],
        rise(gains) * frames,
        letters[:-1],
        letters[1:],
        rise(usual),
        rise(-usual),
        rise(gains - np.maximum(usual, 0.0)),
    )
    return np.stack(columns, axis=1)


def _by_level(over: F64, letters: F64, level: Level) -> F64:
    return np.asarray(np.log1p(over / (level.word * letters + LEAST_WORD)))


def _shifted(values: F64, by: int, outside: float) -> F64:
    found = np.roll(values, by)
    found[0 if by > 0 else -1] = outside
    return found
