"""Settings of the graph and of its search: costs of skips, and old times as a prior. Needs no numerical library."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctcalign.errors import UsageError


@dataclass(frozen=True)
class SkipCosts:
    """Costs of differences between text and audio, in nats. Fitted by tools/fit_skip_costs.py; see tools/fits/.

    Attributes:
        between: a second of speech between cues that no word covers.
        inside: the same between the words of one cue.
        opening: the beginning of a gap, with skipped words, such speech, or both.
        word: a word that is not spoken.
        cue: a whole cue that is not spoken.
        cut: at most, a run of cues that are not spoken, as when captions belong to a longer recording. Otherwise
            skipping hundreds of such cues would cost so much that short ones would be placed on the speech of others.
    """

    between: float = 35.0
    inside: float = 70.0
    opening: float = 3.0
    word: float = 10.0
    cue: float = 30.0
    cut: float = 60.0


@dataclass(frozen=True)
class OldTimes:
    """How the old times of captions are used.

    Attributes:
        max_shift: seconds that a caption may be away from its old time at no cost, > 0.
        trust: cost in nats of a caption further away, >= 0. The default equals about three letters that are recognised
            wrongly; a whole sentence that is spoken elsewhere outweighs it many times.
    """

    max_shift: float = 3.0
    trust: float = 20.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.max_shift) and self.max_shift > 0):
            raise UsageError(f"max_shift: expected seconds above 0, got {self.max_shift}")
        if not (math.isfinite(self.trust) and self.trust >= 0):
            raise UsageError(f"trust: expected a number of nats, 0 or more, got {self.trust}")
