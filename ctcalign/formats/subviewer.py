"""SubViewer: .sbv files of YouTube ("0:00:06.477,0:00:09.034") and SubViewer 2 with a header and "[br]"."""

from __future__ import annotations

import re

from ctcalign.formats.shared.clock import parse_clock
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format

_TIMING = re.compile(r"^\s*(\d+:\d\d:\d\d[.:]\d{1,3})\s*,\s*(\d+:\d\d:\d\d[.:]\d{1,3})\s*$")
_HEADER = re.compile(r"^\s*\[[A-Z ]+\]")


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue for each line of two times, with the lines up to the next as text; "[br]" is a line break."""
    out: list[Draft] = []
    blank = True
    for n, line in enumerate(source.lines(), 1):
        times = _TIMING.match(line)
        if times:
            out.append(Draft("", parse_clock(times[1]), parse_clock(times[2]), line=n))
        elif not line.strip():
            blank = True
            continue
        elif out:
            text = re.sub(r"\[br\]", "\n", line, flags=re.I)
            if blank and out[-1].text:
                notes.add("blank line inside a cue; the text after it is kept with the cue", n)
            out[-1].text += ("\n" if out[-1].text else "") + text
        elif not _HEADER.match(line):
            notes.add("text before the first cue; kept as a cue without times", n, line.strip()[:40])
            out.append(Draft(line, line=n))
        blank = False
    return out


def _matches(source: Source) -> bool:
    return any(_TIMING.match(line) for line in source.sample)


FORMAT = Format(
    "sbv",
    (),
    "SubViewer captions",
    read,
    aliases=("subviewer", "subviewer2"),
    more_extensions=(".sbv",),
    evidence="lines",
    matches=_matches,
)
