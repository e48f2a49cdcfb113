"""Cues as blocks of lines under "start --> end", as in SRT and VTT, read from damaged files too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ctcalign.formats.shared.clock import parse_time
from ctcalign.formats.shared.drafts import Draft, Notes

_ARROW = re.compile(r"^(?P<left>[^<>]{0,40}?)\s*(?:--+\s?>|[—–]+>|->|=+>)\s*(?P<right>.*)$")
_LEADING_TIME = re.compile(r"^[-−+]?\d+(?:\s*[:.,;：，。]\s*\d+)*[.,]?")
# "align:start position:0%" of WebVTT, "X1:100 X2:200" of SubRip, and numbers or signs without a word
_SETTINGS = re.compile(r"(?:\s*[A-Za-z][A-Za-z0-9]*\s?[:=]\s?\S+)*[^A-Za-z\u00c0-\U0010ffff]*")
_TIME_LIKE = re.compile(r"^[\s\d:.,;?xX_#*-]*$")


@dataclass(frozen=True)
class Timing:
    """A timing line. `start` or `end` is None if it cannot be read; `rest` is text after the times, not settings."""

    row: int
    start: float | None
    end: float | None
    left: str
    right: str
    rest: str = ""
    settings: str = ""  # what follows the end: position, alignment


# (lines, timing, timing before it or None, id before it or None) -> (first row of the cue's block, its id)
Heading = Callable[[list[str], int, int, "str | None"], "tuple[int, str | None]"]


def timings(lines: list[str]) -> list[Timing]:
    """Every line that is, or was meant to be, "start --> end"."""
    out = []
    for row, line in enumerate(lines):
        if ">" not in line:
            continue
        match = _ARROW.match(line)
        if match is None:
            continue
        left = match["left"].strip()
        found = _LEADING_TIME.match(match["right"])
        right = found.group().strip() if found else match["right"].split()[0] if match["right"].split() else ""
        start, end = parse_time(left), parse_time(right)
        if "-->" in line:
            meant = start is not None or end is not None or _meant(lines, row, left, right)
        else:  # "->" also occurs in texts: both times must be there
            meant = start is not None and end is not None and ":" in left
        if meant:
            rest = "" if end is None else match["right"].strip()[len(found.group() if found else right) :].strip()
            settings = rest if _SETTINGS.fullmatch(rest) else ""
            out.append(Timing(row, start, end, left, right, "" if settings else rest, settings))
    return out


def _meant(lines: list[str], row: int, left: str, right: str) -> bool:
    """A broken timing line: digits and colons around the arrow, or a cue number above it."""
    if _TIME_LIKE.match(left) and _TIME_LIKE.match(right) and any(c.isdigit() or c in ":?" for c in left + right):
        return True
    return row > 0 and lines[row - 1].strip().isdigit() and (row == 1 or not lines[row - 2].strip())


def read_blocks(lines: list[str], notes: Notes, heading: Heading, first_row: int = 0) -> list[Draft]:
    """One cue for each timing line, with the lines up to the next block as text; no line is dropped.

    Args:
        lines: the file; comments that are not captions have been blanked.
        heading: finds the row where a cue's block begins (its number or name) and that name.
        first_row: the row after the file's header.
    """
    marks = timings(lines)
    begins: list[int] = []
    ids: list[str | None] = []
    for k, mark in enumerate(marks):
        begin, name = heading(lines, mark.row, marks[k - 1].row if k else first_row - 1, ids[-1] if ids else None)
        begins.append(begin)
        ids.append(name)
    out = _stray(lines, first_row, begins[0] if begins else len(lines), notes, bool(marks))
    for k, mark in enumerate(marks):
        stop = begins[k + 1] if k + 1 < len(marks) else len(lines)
        text = _text(lines, mark.row + 1, stop, notes)
        if mark.rest:
            notes.add("text on the line of the times", mark.row + 1, mark.rest[:40])
            text = mark.rest + ("\n" if text else "") + text
        if mark.start is None or mark.end is None:
            notes.add("unreadable times", mark.row + 1, lines[mark.row].strip()[:60])
            out.append(Draft(text, line=mark.row + 1, id=ids[k]))
        else:
            attributes = {"settings": mark.settings} if mark.settings else {}
            out.append(Draft(text, mark.start, mark.end, line=mark.row + 1, id=ids[k], attributes=attributes))
    return out


def _text(lines: list[str], first: int, stop: int, notes: Notes) -> str:
    while first < stop and not lines[first].strip():
        first += 1
    while stop > first and not lines[stop - 1].strip():
        stop -= 1
    for row in range(first, stop):
        if not lines[row].strip():
            notes.add("blank line inside a cue; the text after it is kept with the cue", row + 1)
            break
    return "\n".join(lines[first:stop])


def _stray(lines: list[str], first: int, stop: int, notes: Notes, has_cues: bool) -> list[Draft]:
    """Text above the first cue: each paragraph becomes a cue without times."""
    out: list[Draft] = []
    row = first
    while row < stop:
        if not lines[row].strip():
            row += 1
            continue
        last = row
        while last < stop and lines[last].strip():
            last += 1
        kind = "text before the first cue; kept as a cue without times" if has_cues else "text without any times"
        notes.add(kind, row + 1, lines[row].strip()[:40])
        out.append(Draft("\n".join(lines[row:last]), line=row + 1))
        row = last
    return out
