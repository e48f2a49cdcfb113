"""How well the recogniser hears a recording as a whole: what its marks for single words are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.confidence.cue_evidence import CueEvidence

F64 = NDArray[np.float64]

# Of the words and gaps, the worst are left out: those may well be wrong.
WORST_WORDS, WORST_GAPS = 0.15, 0.05
MOST = 8.0  # nats a symbol; more says no more


@dataclass(frozen=True)
class Level:
    """Means over a recording.

    Attributes:
        word: nats a symbol by which other sounds explain a word better.
        gap: log of 1 + the nats that anything else between two words gains.
    """

    word: float
    gap: float


def level(found: Sequence[CueEvidence]) -> Level:
    """Of all words that were heard."""
    words = [np.minimum(excess(cue) / cue.letters, MOST)[cue.heard] for cue in found]
    gaps = [np.minimum(rise(cue.after[:-1]), 3.0) for cue in found]
    return Level(_mean_of_best(words, WORST_WORDS), _mean_of_best(gaps, WORST_GAPS))


def _mean_of_best(parts: Sequence[F64], left_out: float) -> float:
    values = np.sort(np.concatenate([np.zeros(0), *parts]))
    return float(values[: max(1, int((1 - left_out) * len(values)))].mean()) if values.size else 0.0


def excess(cue: CueEvidence) -> F64:
    """Nats that another sound in place of each word gains beyond what another sound beside it would gain. (n,)"""
    beside = np.maximum(np.maximum(cue.before, cue.after), 0.0)
    return np.asarray(np.maximum(0.0, np.maximum(cue.replaced, 0.0) - beside))


def rise(nats: F64) -> F64:
    """log(1 + x) of what is above 0."""
    return np.asarray(np.log1p(np.maximum(nats, 0.0)))
