"""Audacity label track: start, end and text, one label a cue or a word."""

from __future__ import annotations

from ctcalign.align.alignment import Alignment
from ctcalign.formats.inline import plain
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import decimal, ticks
from ctcalign.formats.view import left_out, placed_cues, spoken_words


def render(alignment: Alignment) -> Rendered:
    """Times with 6 decimals, as Audacity writes them. Tags go, tabs and line breaks become spaces."""
    placed, lost = placed_cues(alignment)
    rows = [_label(start, end, plain(cue.text)) for cue, start, end in placed]
    return Rendered("".join(rows), len(rows), 0, lost, left_out(lost))


def render_words(alignment: Alignment) -> Rendered:
    """One label a spoken word."""
    placed, lost = placed_cues(alignment)
    empty = [cue.index for cue, _, _ in placed if not spoken_words(cue)]
    rows = [_label(a, b, plain(word.text)) for cue, _, _ in placed for word, a, b in spoken_words(cue)]
    notes = left_out(lost) + left_out(empty, "have no timed words")
    return Rendered("".join(rows), len(placed) - len(empty), len(rows), sorted(lost + empty), notes)


def _label(start: float, end: float, text: str) -> str:
    return f"{decimal(ticks(start, 1_000_000), 6)}\t{decimal(ticks(end, 1_000_000), 6)}\t{text}\n"
