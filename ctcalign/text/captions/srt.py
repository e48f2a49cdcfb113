"""SubRip (.srt), with the faults that are found in the wild."""

from __future__ import annotations

import re

from ctcalign.text.captions.blocks import read_blocks, timings
from ctcalign.text.captions.draft import Draft, Notes, Source

_INDEX = re.compile(r"^\s*(\d+)\.?\s*$")
_PROPER = re.compile(r"^\s*-?\d+:\d+:\d+,\d+\s*-->\s*-?\d+:\d+:\d+,\d+(?:\s|$)")


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues with the number of the file as id. A cue whose times cannot be read has none."""
    lines = source.lines()
    for mark in timings(lines):
        line = lines[mark.row]
        if mark.start is not None and mark.end is not None and not _PROPER.match(line):
            notes.add(_irregularity(line), mark.row + 1, line.strip()[:60])

    def heading(lines: list[str], row: int, above: int, last: str | None) -> tuple[int, str | None]:
        expected = None if last is None else int(last) + 1
        index = _INDEX.match(lines[row - 1]) if row - 1 > above else None
        if index:
            free = row - 2 <= above or not lines[row - 2].strip()
            # Directly under other text (or a timing line) a number is this cue's only if it counts on.
            if int(index[1]) == expected or (free and (row - 2 > above or above < 0)):
                if not free:
                    notes.add("no blank line before the cue", row)
                return row - 1, index[1]
        if row - 2 > above and not lines[row - 1].strip():
            index = _INDEX.match(lines[row - 2])
            alone = row - 3 <= above or not lines[row - 3].strip()
            if index and alone and (int(index[1]) == expected or expected is None):
                notes.add("blank line between number and times", row)
                return row - 2, index[1]
        notes.add("no cue number", row + 1)
        return row, None

    return read_blocks(lines, notes, heading)


def _irregularity(line: str) -> str:
    left = line.split(">")[0]
    if re.search(r"\d\.\d", left):
        return "times with '.' instead of ','"
    if re.match(r"^\s*-?\d+:\d+:\d+\s*-", line) or re.search(r">\s*-?\d+:\d+:\d+\s*$", line):
        return "times without milliseconds"
    return "times in an unusual form"
