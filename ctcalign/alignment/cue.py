"""A caption as it is in the input file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ctcalign.spans import Span


@dataclass(frozen=True)
class CueWord:
    """A word with times in the input file (Whisper JSON, CTM, TextGrid, VTT word cues, karaoke)."""

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None

    @property
    def span(self) -> Span | None:
        """Start and end, None where one of them is not known."""
        return Span.of(self.start, self.end)


@dataclass(frozen=True)
class Cue:
    """One caption of the input file. Times are seconds, None if the file has none.

    `text` includes mark-up (tags, speaker labels, notes): `ctcalign.text.markup.spans` finds the spoken parts.
    `attributes` are what the file says of the cue beside these fields (settings, style, labels), by the name of its
    format; values are JSON.
    """

    index: int  # position in the input file, from 0
    text: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None
    id: str | None = None
    channel: int | None = None
    words: tuple[CueWord, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def span(self) -> Span | None:
        """Start and end, None where one of them is not known."""
        return Span.of(self.start, self.end)
