"""Audacity label track: start, end and text, one label per cue or a word."""

from __future__ import annotations

import re
from dataclasses import replace

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.clock import decimal, parse_time, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.pauses import spoken_drafts
from ctcalign.formats.shared.view import omission_note, placed_cues, spoken_words


def render(alignment: Alignment) -> Rendered:
    """Times with 6 decimals, as Audacity writes them; no tags, tabs and line breaks as spaces."""
    placed, lost = placed_cues(alignment)
    rows = [_label(start, end, plain(cue.text)) for cue, start, end in placed]
    return Rendered("".join(rows), len(rows), 0, lost, omission_note(lost))


def render_words(alignment: Alignment) -> Rendered:
    """One label per spoken word."""
    placed, lost = placed_cues(alignment)
    empty = [cue.index for cue, _, _ in placed if not spoken_words(cue)]
    rows = [_label(a, b, plain(word.text)) for cue, _, _ in placed for word, a, b in spoken_words(cue)]
    notes = omission_note(lost) + omission_note(empty, "have no timed words")
    return Rendered("".join(rows), len(placed) - len(empty), len(rows), sorted(lost + empty), notes)


def _label(start: float, end: float, text: str) -> str:
    return f"{decimal(ticks(start, 1_000_000), 6)}\t{decimal(ticks(end, 1_000_000), 6)}\t{text}\n"


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per label; point labels have no length. Lines with the frequencies of a spectral label are skipped."""
    out = []
    for n, line in source.numbered():
        if line.startswith("\\"):
            continue
        parts = line.split("\t", 2)
        start = parse_time(parts[0])
        end = parse_time(parts[1]) if len(parts) > 1 else None
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
            out.append(Draft(parts[2] if len(parts) > 2 else line, line=n))
        else:
            out.append(Draft(parts[2] if len(parts) > 2 else "", start, end, line=n))
    return spoken_drafts(out, notes)


_LABEL = re.compile(r"^[-+]?\d+(?:[.,]\d+)?\t[-+]?\d+(?:[.,]\d+)?(?:\t|$)|^\\\t")


def _matches(source: Source) -> bool:
    return bool(source.sample) and all(_LABEL.match(line) for line in source.sample)


FORMAT = Format(
    "audacity",
    (),
    "Audacity label track, one label per cue",
    read,
    render,
    aliases=("labels",),
    resolution=1e-6,
    evidence="lines",
    matches=_matches,
)
WORDS = replace(
    FORMAT,
    name="audacity-words",
    description="Audacity label track, one label per word",
    read=None,
    render=render_words,
    aliases=(),
    keeps=frozenset({"words", "word_ends"}),
)
