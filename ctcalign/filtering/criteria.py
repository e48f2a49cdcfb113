"""The criteria of a filter, and why a cue is rejected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ctcalign.errors import UsageError
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.spans import Span
from ctcalign.text.words import plain_words

CONFIDENCE = "confidence"
ERROR_RATES = ("free_error_rate", "cer")  # label errors of the greedy transcription over the labels of the text


@dataclass(frozen=True)
class Candidate:
    """A cue (or a word of one) that a filter keeps or rejects.

    Attributes:
        text: as written.   start, end: seconds, None if it was not placed.
        status: "aligned", "not_spoken" or "failed".
        fields: its values by name; criteria may refer to the numbers among them.
        words: the words of a cue.
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
        span = Span.of(self.start, self.end)
        return None if span is None else span.duration

    @property
    def letters_per_second(self) -> float | None:
        """Letters and digits of the spoken text per second; infinite if the duration is 0."""
        if self.duration is None:
            return None
        letters = sum(len(word) for word in plain_words(self.text))
        return letters / self.duration if self.duration > 0 else math.inf

    def number(self, *names: str) -> float | None:
        """The first of these fields that is a finite number, looked up in `fields`, then in its object "scores"."""
        scores = self.fields.get("scores")
        for holder in (self.fields, scores if isinstance(scores, Mapping) else {}):
            for name in names:
                value = holder.get(name)
                number = json_seconds(value) if isinstance(value, (int, float)) else None
                if number is not None:
                    return number
        return None


@dataclass(frozen=True)
class Criteria:
    """Limits that a cue must meet to be kept. Limits are inclusive; None is no limit.

    Cues that are not spoken, have failed or have no times are always rejected, and so are cues without a field that has
    a limit. With `words`, the spoken words must meet the limits of confidence and scores too, and no word may be
    missing in the recording.
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
                raise UsageError(f"{name}: the minimum {low:g} is above the maximum {high:g}; nothing can be kept")
        if self.words and self.min_confidence is None and not self.min_scores:
            raise UsageError("words: no limit of confidence or scores is set; add --min-confidence or --min-score")


def rejection(cue: Candidate, criteria: Criteria) -> str | None:
    """Why the cue is rejected, the same phrase for every cue of that kind; None when it is kept."""
    if cue.status != "aligned":
        return "not spoken" if cue.status == "not_spoken" else "failed"
    duration, rate = cue.duration, cue.letters_per_second
    if duration is None or rate is None:
        return "no time"
    limits: list[tuple[str, float | None, float | None, float | None]] = [
        ("duration", duration, criteria.min_duration, criteria.max_duration),
        ("letters a second", rate, criteria.min_letter_rate, criteria.max_letter_rate),
        ("error rate of the free decode", cue.number(*ERROR_RATES), None, criteria.max_error_rate),
        *((name, cue.number(name), least, None) for name, least in _minima(criteria)),
    ]
    for name, value, least, most in limits:
        reason = _outside(name, value, least, most)
        if reason:
            return reason
    return _word_rejection(cue, criteria) if criteria.words else None


def _minima(criteria: Criteria) -> list[tuple[str, float]]:
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
    # Mark-up and punctuation are not spoken either, but have no reason.
    if any(word.status == "failed" or (word.status == "not_spoken" and word.reason) for word in cue.words):
        return "a word is not spoken"
    if not spoken:
        return "no words"
    for word in spoken:
        for name, least in _minima(criteria):
            reason = _outside(name, word.number(name), least, None)
            if reason:
                return f"a word: {reason}"
    return None
