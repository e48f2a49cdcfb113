"""What the readers of the formats share: the text they get, the cues they draft, the notes they take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.text.cues import CueWord

_SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class Source:
    """A caption file in memory. `path` is None for a stream; readers that need neighbouring files look there."""

    name: str
    text: str
    path: Path | None = None

    def lines(self) -> list[str]:
        """Lines without their ends. Only "\\n" ends a line: U+2028 and friends belong to the text."""
        return self.text.split("\n")

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Line numbers from 1 with the lines that hold something."""
        return ((n, line) for n, line in enumerate(self.lines(), 1) if line.strip())


@dataclass
class Draft:
    """A cue as a reader found it; `finish` checks its times and numbers it. Times in seconds.

    `line` is the place in the file for messages, from 1; `recording` is set by formats that hold several.
    """

    text: str
    start: float | None = None
    end: float | None = None
    line: int | None = None
    id: str | None = None
    speaker: str | None = None
    channel: int | None = None
    words: list[CueWord] = field(default_factory=list)
    recording: str | None = None


class Notes:
    """Problems of a file, for the user: the first few of each kind by line, the others counted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kinds: dict[str, list[str]] = {}

    def add(self, kind: str, line: int | None = None, detail: str = "") -> None:
        """Note a problem of one `kind` (a stable phrase such as "end before start")."""
        where = f"{self._name}, line {line}" if line is not None else self._name
        self._kinds.setdefault(kind, []).append(f"{where}: {kind}" + (f" ({detail})" if detail else ""))

    def texts(self) -> list[str]:
        """One line a problem; long runs of one kind end with a count."""
        out: list[str] = []
        for kind, found in self._kinds.items():
            out += found[:_SHOWN_PER_KIND]
            more = len(found) - _SHOWN_PER_KIND
            if more > 0:
                out.append(f"{self._name}: {kind}: {more} more")
        return out


Reader = Callable[[Source, Notes], list[Draft]]
