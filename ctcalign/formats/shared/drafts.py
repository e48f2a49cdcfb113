"""Shared parts of the caption readers: the source, draft cues, channel names, and the checks that make drafts cues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from ctcalign.alignment.caption_file import CaptionFile
from ctcalign.alignment.cue import Cue, CueWord
from ctcalign.errors import CaptionError
from ctcalign.files import finite, parse_json
from ctcalign.spans import Span

SAMPLE_LINES = 400  # number of lines by which a format is recognised
_SHOWN_PER_KIND = 5
_LISTED = 5
_CHANNEL_DIGITS = 3  # of the number of a channel; longer ones are names
_LETTERS_PER_SECOND = 15.0  # of speech at a usual rate


@dataclass
class Beside:
    """What a reader found besides cues: the lines above the first cue, and blocks (line from 1, kind, text).

    `file` is set by a format that stores the content of another file.
    """

    header: str = ""
    blocks: list[tuple[int, str, str]] = field(default_factory=list)
    file: CaptionFile | None = None


@dataclass(frozen=True)
class Source:
    """A caption file in memory. `path` is None for a stream; Kaldi's reader looks for other files next to it."""

    name: str
    text: str
    path: Path | None = None
    beside: Beside = field(default_factory=Beside, compare=False)

    def lines(self) -> list[str]:
        """Lines without their ends. Only "\\n" ends a line: U+2028 and the like belong to the text."""
        return self.text.split("\n")

    def numbered(self) -> Iterator[tuple[int, str]]:
        """The lines that are not blank, with their numbers from 1."""
        return ((n, line) for n, line in enumerate(self.lines(), 1) if line.strip())

    @cached_property
    def head(self) -> str:
        """The text from its first visible character on."""
        return self.text.lstrip("\ufeff \t\n")

    @cached_property
    def sample(self) -> list[str]:
        """The first lines that are not blank."""
        return list(islice((line for line in self.lines() if line.strip()), SAMPLE_LINES))

    @cached_property
    def table(self) -> list[str]:
        """The first lines that are neither blank nor comments of NIST files (";;")."""
        lines = (line for line in self.lines() if line.strip() and not line.lstrip().startswith(";;"))
        return list(islice(lines, SAMPLE_LINES))

    @cached_property
    def json(self) -> Any:
        """The value of a JSON file; the list of the values of a JSON-lines file.

        Raises:
            CaptionError: the file is neither.
        """
        return parse_json(self.text, self.name)


@dataclass
class Draft:
    """A cue as it is in the file; `finish` checks its times and numbers it. Times in seconds.

    `line` is its place in the file for messages, from 1; `recording` is set by formats that hold several.
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
    attributes: dict[str, Any] = field(default_factory=dict)


class Notes:
    """Warnings about a file: the first few of each kind with their lines, the rest as a count."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kinds: dict[str, list[str]] = {}

    def add(self, kind: str, line: int | None = None, detail: str = "") -> None:
        """Note a problem of one `kind` (a stable phrase such as "end before start")."""
        where = f"{self._name}, line {line}" if line is not None else self._name
        self._kinds.setdefault(kind, []).append(f"{where}: {kind}" + (f" ({detail})" if detail else ""))

    def texts(self) -> list[str]:
        """One line per problem, and one with the count of those of a kind that are not shown."""
        out: list[str] = []
        for kind, found in self._kinds.items():
            out += found[:_SHOWN_PER_KIND]
            more = len(found) - _SHOWN_PER_KIND
            if more > 0:
                out.append(f"{self._name}: {kind}: {more} more")
        return out


def channel_numbers(names: Iterable[str]) -> dict[str, int | None]:
    """Channel numbers from 0 for the channel names of a NIST file.

    Letters count from A. Digits count from 1, or from 0 if one of them is 0. A file in which every line has "1" (or
    every line "0") has no channels: tools write this for mono.
    """
    found = list(dict.fromkeys(names))
    digits = [name for name in found if name.isdecimal() and len(name) <= _CHANNEL_DIGITS]
    base = 0 if "0" in digits else 1
    out: dict[str, int | None] = {}
    for name in found:
        if name in digits:
            out[name] = int(name) - base if len(found) > 1 or name not in ("0", "1") else None
        elif len(name) == 1 and name.isascii() and name.isalpha():
            out[name] = ord(name.upper()) - ord("A")
        else:
            out[name] = None
    return out


def pick_recording(
    drafts: list[Draft], recording: str | None, name: str, likely: str | None = None
) -> tuple[list[Draft], str | None]:
    """The drafts of one recording and its id. Drafts without a recording belong to all recordings.

    Args:
        likely: the one to choose among several if `recording` is None.
    Raises:
        CaptionError: the file contains several recordings and none is chosen, or it lacks the chosen one.
    """
    held = list(dict.fromkeys(d.recording for d in drafts if d.recording is not None))
    if not held:
        return drafts, None
    if recording is None:
        if len(held) == 1:
            return drafts, held[0]
        if likely is not None and likely not in held:
            raise CaptionError(
                f"{name}: contains {len(held)} recordings ({_few(held)}), but not {likely!r}, the name of the audio; "
                "write the captions of one to a file: ctcalign convert --recording ID"
            )
        if likely is None:
            raise CaptionError(
                f"{name}: contains {len(held)} recordings ({_few(held)}); choose one by its id (--recording)"
            )
        recording = likely
    if recording not in held:
        raise CaptionError(
            f"{name}: contains no recording {recording!r}; it has {_few(held)}; choose one by its id (--recording)"
        )
    return [d for d in drafts if d.recording in (None, recording)], recording


def finish(drafts: list[Draft], notes: Notes) -> list[Cue]:
    """Cues in file order. Afterwards a cue has both times with 0 <= start <= end, or neither."""
    cues: list[Cue] = []
    _complete(drafts, notes)
    latest_of: dict[int | None, Span] = {}  # by channel: start of the last timed cue, furthest end so far
    for index, draft in enumerate(drafts):
        where = "" if draft.line is not None else f"cue {index + 1}"
        span = _checked(draft, notes, where)
        if span is not None:
            latest = latest_of.get(draft.channel)
            if latest is not None and span.start < latest.start:
                notes.add("starts before the cue above it; file order kept", draft.line, where)
            elif latest is not None and span.start < latest.end - 1e-6:
                notes.add("overlaps an earlier cue", draft.line, where)
            latest_of[draft.channel] = Span(span.start, max(span.end, latest.end if latest else span.end))
        start, end = span or (None, None)
        cues.append(
            Cue(
                index,
                draft.text,
                start,
                end,
                draft.speaker,
                draft.id,
                draft.channel,
                tuple(draft.words),
                finite(draft.attributes),
            ),
        )
    return cues


def _complete(drafts: list[Draft], notes: Notes) -> None:
    """Give cues that only have a start an end: the start of the next cue; for the last cue, estimated from its text."""
    following: float | None = None
    for index in range(len(drafts) - 1, -1, -1):
        draft = drafts[index]
        if draft.start is not None and draft.end is None:
            if following is not None and following > draft.start:
                draft.end = following
            else:
                draft.end = draft.start + max(1.0, len(draft.text) / _LETTERS_PER_SECOND)
        if draft.start is None and draft.end is not None:
            notes.add("an end without a start; times dropped", draft.line, "" if draft.line else f"cue {index + 1}")
        following = draft.start if draft.start is not None else following


def _checked(draft: Draft, notes: Notes, where: str) -> Span | None:
    start, end = draft.start, draft.end
    if start is None or end is None:
        return None
    if end < start:
        notes.add("end before start; read as a cue without length", draft.line, _join(where, f"{start:g} to {end:g} s"))
        end = start
    if end < 0:
        notes.add("before the beginning of the recording; times dropped", draft.line, _join(where, f"{start:g} s"))
        return None
    if start < 0:
        notes.add("negative start; set to 0", draft.line, _join(where, f"{start:g} s"))
        start = 0.0
    return Span(start, end)


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _few(ids: list[str]) -> str:
    shown = ", ".join(name if len(name) <= 60 else name[:57] + "..." for name in ids[:_LISTED])
    return shown + (f", ... ({len(ids) - _LISTED} more)" if len(ids) > _LISTED else "")
