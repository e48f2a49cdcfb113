"""Features of the words and gaps of a cue, and of the cue as a whole, from which probabilities are computed.

The names of the features are stored in calibration files; a file whose names differ from these is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.inputs import CueInputs, RecordingQuality, excess, rise

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
    "left_unplaced",
    "right_unplaced",
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
CUE_NAMES = (
    "all",
    "words",
    "gaps",
    "worst_word",
    "worst_gap",
    "second_word",
    "worst_two",
    "lead",
    "trail",
    "inner_lead",
    "inner_trail",
    "speech_inside",
    "lead_x_pause",
    "trail_x_pause",
    "count",
    "letters",
    "unplaced",
    "unplaced_share",
    "first_unplaced",
    "last_unplaced",
    "first_word",
    "last_word",
    "single",
    "level",
    "gap_level",
    "excess_over_level",
    "pause_before",
    "pause_after",
    "close_before",
    "close_after",
    "sound_before",
    "sound_after",
    "onset",
    "long_onset",
    "breath_before",
    "tail",
    "long_tail",
    "breath_after",
    "letter_rate",
    "twin",
)
# Nats added to the recording quality before values of a word or a gap are divided by it.
LEAST_WORD, LEAST_GAP = 1.5, 0.3
MOST_MARGIN = 2.5  # log of 1 + nats; larger margins count as this
LEAST, MOST = 1e-3, 0.9995  # range to which probabilities of words and gaps are clipped
LEAST_ALL = 1e-4  # the same for their products
INSIDE = 10.0  # nats of evidence for speech inside the cue in addition to its words


@dataclass(frozen=True)
class FeatureRows:
    """Features of the words and gaps of a cue with n words.

    Attributes:
        words: features of the words. (n, len(WORD_NAMES))
        gaps: features of the gaps between them. (n - 1, len(GAP_NAMES))
        placed: whether each word is placed. (n,)
        known: whether each gap is between two placed words; there is no evidence about the others. (n - 1,)
    """

    words: F64
    gaps: F64
    placed: NDArray[np.bool_]
    known: NDArray[np.bool_]


def word_and_gap_features(cue: CueInputs, quality: RecordingQuality) -> FeatureRows:
    """Features of the words and gaps of one cue."""
    placed = cue.evidence.placed
    known = np.asarray(placed[:-1] & placed[1:])
    return FeatureRows(word_features(cue, quality), gap_features(cue, quality), placed, known)


def word_features(cue: CueInputs, quality: RecordingQuality) -> F64:
    """Features of the n words of a cue. (n, len(WORD_NAMES))"""
    found = cue.evidence
    n = len(found.words)
    over = excess(found)
    by_quality = _by_quality(over, found.letters, quality)
    letters = np.minimum(np.log(found.letters), 2.0)
    margin = np.sign(cue.competitors[:, 0]) * np.log1p(np.abs(cue.competitors[:, 0]))
    capped = np.minimum(margin, MOST_MARGIN)
    placed = found.placed.astype(np.float64)
    columns = (
        by_quality,
        rise(over),
        over / found.letters,
        rise(found.replaced) - rise(over),
        rise(found.before),
        rise(found.after),
        np.sign(found.skipped) * np.log1p(np.abs(found.skipped)),
        letters,
        _shifted(by_quality, 1, 0.0),
        _shifted(by_quality, -1, 0.0),
        1.0 - _shifted(placed, 1, 1.0),
        1.0 - _shifted(placed, -1, 1.0),
        np.log(np.clip((found.frames[:, 1] - found.frames[:, 0]) / found.letters, 0.5, 20.0)),
        np.full(n, quality.word),
        np.full(n, quality.gap),
        capped,
        np.minimum(margin, 0.0),
        cue.competitors[:, 1],
        np.log(cue.competitors[:, 2] + 0.02),
        by_quality * capped,
        by_quality * letters,
        capped * letters,
    )
    return np.stack(columns, axis=1)


def gap_features(cue: CueInputs, quality: RecordingQuality) -> F64:
    """Features of the gaps between the n words of a cue. (n - 1, len(GAP_NAMES))"""
    found = cue.evidence
    gains = np.maximum(found.after[:-1], 0.0)
    by_quality = _by_quality(excess(found), found.letters, quality)
    frames = np.log1p(np.maximum(found.frames[1:, 0] - found.frames[:-1, 1], 0))
    letters = np.log(found.letters)
    frequent = found.frequent_after[:-1]
    columns = (
        rise(gains),
        np.minimum(gains, 20.0),
        np.log1p(gains / (np.expm1(quality.gap) + LEAST_GAP)),
        by_quality[:-1],
        by_quality[1:],
        frames,
        np.full(len(gains), quality.word),
        np.full(len(gains), quality.gap),
        cue.competitors[:-1, 1],
        cue.competitors[1:, 1],
        rise(gains) * frames,
        letters[:-1],
        letters[1:],
        rise(frequent),
        rise(-frequent),
        rise(gains - np.maximum(frequent, 0.0)),
    )
    return np.stack(columns, axis=1)


def _by_quality(over: F64, letters: F64, quality: RecordingQuality) -> F64:
    return np.asarray(np.log1p(over / (quality.word * letters + LEAST_WORD)))


def _shifted(values: F64, by: int, outside: float) -> F64:
    """Values of the neighbours `by` places before; `outside` beyond the ends."""
    found = np.roll(values, by)
    found[0 if by > 0 else -1] = outside
    return found


def cue_features(cue: CueInputs, quality: RecordingQuality, words: F64, gaps: F64) -> F64:
    """Features of one cue. (len(CUE_NAMES),)

    Args:
        words: probability that each word is spoken as written, (n,).
        gaps: probability that no word is missing in each gap, (n - 1,); 1 for gaps without evidence.
    """
    found, near = cue.evidence, cue.surroundings
    n = len(found.words)
    words, gaps = np.clip(words, LEAST, MOST), np.where(gaps >= 1.0, 1.0, np.clip(gaps, LEAST, MOST))
    worst = np.sort(np.concatenate([words, gaps]))
    ordered = np.sort(words)
    letters = float(found.letters.sum())
    unplaced = ~found.placed
    lead, trail, *inner = rise(np.array([found.lead, found.trail, found.inner_lead, found.inner_trail])).tolist()
    return np.array(
        [
            _log_odds(float(np.log(words).sum() + np.log(gaps).sum())),
            _log_odds(float(np.log(words).sum())),
            _log_odds(float(np.log(gaps).sum())),
            _log_odds(float(np.log(ordered[0]))),
            _log_odds(float(np.log(gaps.min(initial=MOST)))),
            _log_odds(float(np.log(ordered[min(1, n - 1)]))),
            float(np.log(worst[:2]).sum()),
            lead,
            trail,
            inner[0],
            inner[1],
            float(max(found.inner_lead, found.inner_trail) > INSIDE),
            lead * near.pause_before,
            trail * near.pause_after,
            np.log(n),
            np.log(letters),
            np.log1p(unplaced.sum()),
            found.letters[unplaced].sum() / letters,
            float(unplaced[0]),
            float(unplaced[-1]),
            _log_odds(float(np.log(words[0]))),
            _log_odds(float(np.log(words[-1]))),
            float(n == 1),
            quality.word,
            quality.gap,
            float(excess(found).sum()) / letters - quality.word,
            near.pause_before,
            near.pause_after,
            float(near.pause_before < 0.05),
            float(near.pause_after < 0.05),
            near.sound_before,
            near.sound_after,
            min(cue.onset, 1.0),
            float(np.clip(cue.onset - 0.3, 0.0, 0.7)),
            float(np.clip(cue.onset - 0.5, 0.0, 0.5)),
            min(cue.tail, 1.0),
            float(np.clip(cue.tail - 0.3, 0.0, 0.7)),
            float(np.clip(cue.tail - 0.5, 0.0, 0.5)),
            np.log(max(cue.length, 0.01) / letters),
            float(near.twin),
        ]
    )


def _log_odds(log_probability: float) -> float:
    probability = min(max(np.exp(log_probability), LEAST_ALL), MOST)
    return float(np.log(probability / (1.0 - probability)))
