"""Where the words of a transcript were placed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctcalign.aligner.transcript import Transcript
from ctcalign.alignment.alignment import AlignedCue, AlignedToken

NOT_FOUND = "not found in the audio"


def letters(text: Transcript, number: int) -> int:
    """Symbols of a spoken word in its first reading, at least one."""
    alternatives = text.spoken[number].alternatives
    return max(1, len(alternatives[0])) if alternatives else 1


def is_mark(cue: AlignedCue) -> bool:
    """Nothing but marks, notes and signs. A cue with words that were not heard has no place."""
    return cue.status == "not_spoken" and cue.reason != NOT_FOUND


Run = tuple[int, int, int]  # label, first frame, one past the last frame


@dataclass(slots=True)
class PlacedWord:
    """A spoken word's place. Times in seconds; `score` is its mean log-probability a frame, in nats."""

    start: float
    end: float
    score: float
    alternative: int
    reason: str | None = None
    tokens: list[AlignedToken] = field(default_factory=list)


@dataclass
class Placement:
    """Where everything is.

    Attributes:
        words: one for each spoken word, None where it was not heard.
        speech: (start, end) in seconds of stretches that no word covers, in order.
        energy: log power of the recording every `energy_shift` seconds, in nats. Shape (N,).
    """

    words: list[PlacedWord | None]
    speech: list[tuple[float, float]]
    energy: np.ndarray[tuple[int], np.dtype[np.float32]]
    energy_shift: float


BY_NEIGHBOURS = "not found in the audio; placed by its neighbours, where something else is spoken"
