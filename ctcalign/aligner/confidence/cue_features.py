"""Numbers about a cue: what its words and gaps come to together, its edges, and what lies around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.inputs import CueMaterial
from ctcalign.aligner.confidence.recording_quality import Level, excess, rise

F64 = NDArray[np.float64]

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
    "unheard",
    "unheard_share",
    "first_unheard",
    "last_unheard",
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
LEAST, MOST = 1e-3, 0.9995  # probabilities of words and gaps beyond these say no more
LEAST_ALL = 1e-4
INSIDE = 10.0  # nats: something is said inside the cue beside its words


def cue_features(cue: CueMaterial, level: Level, words: F64, gaps: F64) -> F64:
    """(len(CUE_NAMES),) of one cue.

    Args:
        words: probability that each word is said as written, (n,).
        gaps: probability that nothing is left out in each gap, (n - 1,); 1 where nothing is known.
    """
    found, near = cue.evidence, cue.surroundings
    n = len(found.words)
    words, gaps = np.clip(words, LEAST, MOST), np.where(gaps >= 1.0, 1.0, np.clip(gaps, LEAST, MOST))
    worst = np.sort(np.concatenate([words, gaps]))
    ordered = np.sort(words)
    letters = float(found.letters.sum())
    silent = ~found.heard
    lead, trail, *inner = rise(np.array([found.lead, found.trail, found.inner_lead, found.inner_trail])).tolist()
    return np.array(
        [
            _odds(float(np.log(words).sum() + np.log(gaps).sum())),
            _odds(float(np.log(words).sum())),
            _odds(float(np.log(gaps).sum())),
            _odds(float(np.log(ordered[0]))),
            _odds(float(np.log(gaps.min(initial=MOST)))),
            _odds(float(np.log(ordered[min(1, n - 1)]))),
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
            np.log1p(silent.sum()),
            found.letters[silent].sum() / letters,
            float(silent[0]),
            float(silent[-1]),
            _odds(float(np.log(words[0]))),
            _odds(float(np.log(words[-1]))),
            float(n == 1),
            level.word,
            level.gap,
            float(excess(found).sum()) / letters - level.word,
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


def _odds(log_probability: float) -> float:
    probability = min(max(np.exp(log_probability), LEAST_ALL), MOST)
    return float(np.log(probability / (1.0 - probability)))
