"""What a filter demands of a cue, and why one is rejected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.text.words import plain_words

CONFIDENCE = "confidence"
ERROR_RATES = ("free_error_rate", "cer")  # label errors of the free decode over the labels of the text


@dataclass(frozen=True)
class Candidate:
    """A cue that a filter judges.

    Attributes:
        text: as written.   start, end: seconds, None where it is not placed.
        status: "aligned", "not_spoken" or "failed".
        fields: whatever is known of it by name; numbers may be asked for.
        words: the same of its words.
    """

    text: str
    start: float | None
    end: float | None
    status: str = "aligned"
    reason: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    words: Sequence[Candidate] = ()

    @property
    def duration(self) -> float | None:
        return None if self.start is None or self.end is None else self.end - self.start

    @property
    def letters_per_second(self) -> float | None:
        """Letters and digits of the spoken text a second; infinite where it has no length."""
        if self.duration is None:
            return None
        letters = sum(len(word) for word in plain_words(self.text))
        return letters / self.duration if self.duration > 0 else math.inf

    def number(self, *names: str) -> float | None:
        """The first of these fields that is a number; also from "scores", where there is such an object."""
        scores = self.fields.get("scores")
        for holder in (self.fields, scores if isinstance(scores, Mapping) else {}):
            for name in names:
                value = holder.get(name)
                if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
                    return float(value)
        return None


@dataclass(frozen=True)
class Criteria:
    """What a cue must have to be kept. Bounds themselves are allowed; None asks for nothing.

    Cues that are not spoken, have failed or have no time are never kept; nor are those without a field that is asked
    for. With `words`, the spoken words must have the same confidence and scores as the cue, and none may be missing in
    the recording.
    """

    min_confidence: float | None = None
    min_scores: Mapping[str, float] = field(default_factory=dict)
    min_duration: float | None = None
    max_duration: float | None = None
    min_letter_rate: float | None = None
    max_letter_rate: float | None = None
    max_error_rate: float | None = None
    words: bool = False

    def __post_init__(self) -> None:
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min_confidence is {self.min_confidence}, expected a probability in [0, 1]")
        for name, low, high in (
            ("duration", self.min_duration, self.max_duration),
            ("letters a second", self.min_letter_rate, self.max_letter_rate),
        ):
            if low is not None and high is not None and low > high:
                raise UsageError(f"{name}: the least ({low:g}) is more than the most ({high:g}): nothing can be kept")
        if self.words and self.min_confidence is None and not self.min_scores:
            raise UsageError("words: no confidence or score is asked for; add --min-confidence or --min-score")


def rejection(cue: Candidate, criteria: Criteria) -> str | None:
    """Why the cue is not kept, in a few words that are the same for all cues of that kind; None when it is kept."""
    if cue.status != "aligned":
        return "not spoken" if cue.status == "not_spoken" else "failed"
    duration, rate = cue.duration, cue.letters_per_second
    if duration is None or rate is None:
        return "no time"
    asked: list[tuple[str, float | None, float | None, float | None]] = [
        ("duration", duration, criteria.min_duration, criteria.max_duration),
        ("letters a second", rate, criteria.min_letter_rate, criteria.max_letter_rate),
        ("error rate of the free decode", cue.number(*ERROR_RATES), None, criteria.max_error_rate),
        *((name, cue.number(name), least, None) for name, least in _least(criteria)),
    ]
    for name, value, least, most in asked:
        found = _outside(name, value, least, most)
        if found:
            return found
    return _word_rejection(cue, criteria) if criteria.words else None


def _least(criteria: Criteria) -> list[tuple[str, float]]:
    confidence = [] if criteria.min_confidence is None else [(CONFIDENCE, criteria.min_confidence)]
    return [*confidence, *criteria.min_scores.items()]


def _outside(name: str, value: float | None, least: float | None, most: float | None) -> str | None:
    if least is None and most is None:
        return None
    if value is None:
        return f"no {name}"
    if least is not None and value < least:
        return f"{name} below {least:g}"
    return f"{name} above {most:g}" if most is not None and value > most else None


def _word_rejection(cue: Candidate, criteria: Criteria) -> str | None:
    spoken = [word for word in cue.words if word.status == "aligned"]
    # Mark-up and punctuation are not spoken either, and need no reason for it.
    if any(word.status == "failed" or (word.status == "not_spoken" and word.reason) for word in cue.words):
        return "a word is not spoken"
    if not spoken:
        return "no words"
    for word in spoken:
        for name, least in _least(criteria):
            found = _outside(name, word.number(name), least, None)
            if found:
                return f"a word: {found}"
    return None
