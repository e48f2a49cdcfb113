"""A table with a header, one row a cue or a word, for spreadsheets, awk and data frames."""

from __future__ import annotations

from collections.abc import Iterable

from ctcalign.align.alignment import Alignment
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import decimal, ticks

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def render(alignment: Alignment) -> Rendered:
    """Every cue, placed or not: times with 3 decimals, empty where there is none. In the text a tab, a line break and a
    backslash are written `\\t`, `\\n` (`\\r`) and `\\\\`; there are no quotes.
    """
    header = ("index", "start", "end", "status", "score", "confidence", "text")
    rows = [
        (
            str(c.index),
            _time(c.start),
            _time(c.end),
            c.status,
            _number(c.score),
            _number(c.confidence),
            _escaped(c.text),
        )
        for c in alignment.cues
    ]
    return Rendered(_table(header, rows), len(rows))


def render_words(alignment: Alignment) -> Rendered:
    """Every word, with the `index` of its cue and its own place in it, and the reason why it is flagged."""
    header = ("index", "word", "start", "end", "status", "score", "confidence", "reason", "text")
    rows = [
        (
            str(cue.index),
            str(i),
            _time(word.start),
            _time(word.end),
            word.status,
            _number(word.score),
            _number(word.confidence),
            _escaped(word.reason or ""),
            _escaped(word.text),
        )
        for cue in alignment.cues
        for i, word in enumerate(cue.words)
    ]
    return Rendered(_table(header, rows), sum(bool(cue.words) for cue in alignment.cues), len(rows))


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join("\t".join(row) + "\n" for row in [header, *rows])


def _time(seconds: float | None) -> str:
    return "" if seconds is None else decimal(ticks(seconds, 1000), 3)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
