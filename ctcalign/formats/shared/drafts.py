"""What the readers of the formats share: the text they get, the cues they draft, the notes they take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctcalign.alignment.cue import Cue, CueWord
from ctcalign.errors import CaptionError

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

_LISTED = 5


def pick_recording(drafts: list[Draft], recording: str | None, name: str) -> tuple[list[Draft], str | None]:
    """The drafts of one recording and its id. Drafts that name no recording belong to every one.

    Raises:
        CaptionError: the file holds several recordings and none is chosen, or not the chosen one.
    """
    held = list(dict.fromkeys(d.recording for d in drafts if d.recording is not None))
    if not held:
        return drafts, None
    if recording is None:
        if len(held) > 1:
            raise CaptionError(
                f"{name}: holds {len(held)} recordings ({_few(held)}); expected one; choose one by its id (--recording)"
            )
        return drafts, held[0]
    if recording not in held:
        raise CaptionError(f"{name}: holds no recording {recording!r}; it has {_few(held)}")
    return [d for d in drafts if d.recording in (None, recording)], recording


def finish(drafts: list[Draft], notes: Notes) -> list[Cue]:
    """Cues in file order. Afterwards a cue has both times with 0 <= start <= end, or neither."""
    cues: list[Cue] = []
    latest: tuple[float, float] | None = None  # start of the last timed cue, furthest end so far
    for index, draft in enumerate(drafts):
        where = "" if draft.line is not None else f"cue {index + 1}"
        start, end = _checked(draft, notes, where)
        if start is not None and end is not None:
            if latest is not None and start < latest[0]:
                notes.add("starts before the cue above it; file order kept", draft.line, where)
            elif latest is not None and start < latest[1] - 1e-6:
                notes.add("overlaps an earlier cue", draft.line, where)
            latest = (start, max(end, latest[1] if latest else end))
        cues.append(
            Cue(index, draft.text, start, end, draft.speaker, draft.id, draft.channel, tuple(draft.words)),
        )
    return cues


def _checked(draft: Draft, notes: Notes, where: str) -> tuple[float | None, float | None]:
    start, end = draft.start, draft.end
    if start is None or end is None:
        return None, None
    if end < start:
        notes.add(
            "end before start; taken as a cue without length", draft.line, _join(where, f"{start:g} to {end:g} s")
        )
        end = start
    if end < 0:
        notes.add("before the beginning of the recording; times dropped", draft.line, _join(where, f"{start:g} s"))
        return None, None
    if start < 0:
        notes.add("negative start; taken as 0", draft.line, _join(where, f"{start:g} s"))
        start = 0.0
    return start, end


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:_LISTED]) + (f", ... ({len(ids) - _LISTED} more)" if len(ids) > _LISTED else "")
