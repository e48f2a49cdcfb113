"""SubViewer: .sbv files of YouTube ("0:00:06.477,0:00:09.034") and SubViewer 2 with a header and "[br]"."""

from __future__ import annotations

import re

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.clock import clock, parse_clock, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import TAG, WORD_JOINER, lines, unescaped
from ctcalign.formats.shared.view import caption_rows, omission_note

_TIMING = re.compile(r"^\s*(\d+:\d\d:\d\d[.:]\d{1,3})\s*,\s*(\d+:\d\d:\d\d[.:]\d{1,3})\s*$")
_HEADER = re.compile(r"^\s*\[[A-Z ]+\]")
_BREAK = re.compile(r"\[(?=br\])", re.I)


def render(alignment: Alignment) -> Rendered:
    """The form of YouTube, without tags. A cue that was not placed is written at the time of the input file, if any."""
    rows = caption_rows(alignment)
    blocks = []
    for cue, start, end in rows.placed:
        first, last = (_clock(tick) for tick in span_ticks(start, end, 1000))
        blocks.append(f"{first},{last}\n{_text(cue.text)}\n\n")
    lost = [cue.index for cue in rows.unplaced]
    return Rendered("".join(blocks), len(blocks), 0, sorted(lost + rows.blank), rows.notes + omission_note(lost))


def _clock(milliseconds: int) -> str:
    return clock(milliseconds).removeprefix("0")


def _text(text: str) -> str:
    """The text without tags; a line of two times and a literal "[br]" get a word joiner (no width) inside."""
    text = lines(_tags_removed(unescaped(text)))
    text = "\n".join(
        line.replace(":", ":" + WORD_JOINER, 1) if _TIMING.match(line) else line for line in text.split("\n")
    )
    return _BREAK.sub("[" + WORD_JOINER, text)


def _tags_removed(text: str) -> str:
    return TAG.sub(lambda tag: "\n" if (tag["name"] or "").lower() == "br" else "", text)


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
    (".sbv",),
    "SubViewer captions of YouTube",
    read,
    render,
    aliases=("subviewer", "subviewer2"),
    resolution=1e-3,
    tag=lambda tag: "",
    evidence="lines",
    matches=_matches,
)
