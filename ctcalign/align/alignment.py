"""The result of an alignment: every cue and every word of the input exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["aligned", "not_spoken", "failed"]
SCHEMA = "ctcalign/alignment/1"


@dataclass
class AlignedToken:
    """One output symbol of the model. `score` is its mean log-probability a frame, in nats."""

    text: str
    start: float
    end: float
    score: float


@dataclass
class AlignedWord:
    """One word of the user's text, as written. Times in seconds, None where it is not placed."""

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None  # log domain, nats
    confidence: float | None = None  # calibrated probability in [0, 1]
    status: Status = "aligned"
    reason: str | None = None  # why it is not aligned, or why its place is a guess
    reading: str | None = None  # what was said for it, where that differs from the text ("nineteen eighty four")
    tokens: list[AlignedToken] = field(default_factory=list)


@dataclass
class AlignedCue:
    """One cue of the input. `words` covers its text in order; mark-up that nobody speaks is a word with `not_spoken`."""

    index: int
    text: str
    start: float | None = None
    end: float | None = None
    status: Status = "aligned"
    reason: str | None = None
    score: float | None = None
    confidence: float | None = None
    words: list[AlignedWord] = field(default_factory=list)
    speaker: str | None = None
    id: str | None = None
    channel: int | None = None


@dataclass
class Alignment:
    """Everything that `ctcalign.align` found out about one recording. Times in seconds from its beginning."""

    audio: str
    duration: float
    model: str
    cues: list[AlignedCue]
    unwritten: list[tuple[float, float]] = field(default_factory=list)  # speech that no cue covers
    language: str | None = None
    frame_shift: float | None = None
    warnings: list[str] = field(default_factory=list)  # truncated audio, characters the model cannot say, ...
