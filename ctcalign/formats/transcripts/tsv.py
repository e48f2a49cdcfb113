"""A table with a header, one row per cue or a word, for spreadsheets, awk and data frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from ctcalign.alignment.alignment import Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.clock import decimal, number, parse_clock, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.reading.pauses import spoken_drafts
from ctcalign.formats.shared.timed_words import WordRow, cue_of

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def render(alignment: Alignment) -> Rendered:
    """Every cue, placed or not: times with 3 decimals, empty if there are none.

    In the text a tab, a line break and a backslash are written `\\t`, `\\n` (`\\r`) and `\\\\`; there are no quotes.
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
    """Every word, with the `index` of its cue, its place in the cue, and the reason of its status."""
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


_NAMES = {
    "start": ("start", "begin", "start_time", "tmin", "onset"),
    "end": ("end", "stop", "end_time", "tmax", "offset"),
    "text": ("text", "transcript", "transcription", "caption", "label", "sentence", "word"),
    "speaker": ("speaker", "speaker_id"),
    "id": ("id",),
    "score": ("score",),
}
_UNITS = re.compile(r"[ _(\[]*(ms|msec|milliseconds|s|sec|seconds)[)\]]*$")


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per row; a table of words that ctcalign wrote becomes cues of words joined by blanks.

    Without a header the columns are start, end, text. Times are seconds, or clock times; milliseconds where the header
    says so or if it is Whisper's "start, end, text" and all times are whole numbers.
    """
    rows = [(n, line.split("\t")) for n, line in source.numbered()]
    columns, scale = _columns(rows[0][1])
    if not columns:
        columns = {"start": 0, "end": 1, "text": 2}
    else:
        rows = rows[1:]
    names = [c.strip().lower() for c in source.lines()[0].split("\t")]
    if names == ["start", "end", "text"] and all(len(p) < 2 or (p[0] + p[1]).strip().isdecimal() for _, p in rows):
        scale = 1000.0
    own = names[:1] == ["index"] and "status" in names
    out = [_draft(parts, n, columns, scale, own, notes) for n, parts in rows]
    if own and "word" in names:
        place = columns.get("score", len(names))
        scores = [number(parts[place]) if len(parts) > place else None for _, parts in rows]
        words = [CueWord(d.text, d.start, d.end, score) for d, score in zip(out, scores, strict=True)]
        return _cues_of_words([parts[0] for _, parts in rows], words, [n for n, _ in rows])
    return spoken_drafts(out, notes)


def _columns(header: list[str]) -> tuple[dict[str, int], float]:
    """Position of each known column, and time units per second; no columns when `header` is not a header."""
    plain = [c.strip().lower() for c in header]
    bare = [_UNITS.sub("", c) if c.startswith(("start", "begin", "end", "stop")) else c for c in plain]
    found: dict[str, int] = {}
    for key, names in _NAMES.items():
        place = next((bare.index(name) for name in names if name in bare), None)
        if place is not None:
            found[key] = place
    if "text" not in found or "start" not in found:
        return {}, 1.0
    unit = _UNITS.search(plain[found["start"]])
    return found, 1000.0 if unit and unit[1].startswith("m") else 1.0


def _draft(parts: list[str], n: int, columns: dict[str, int], scale: float, own: bool, notes: Notes) -> Draft:
    def cell(key: str) -> str:
        place = columns.get(key, -1)
        if key == "text" and place == max(columns.values()) and len(parts) > place:
            return "\t".join(parts[place:])
        return parts[place] if 0 <= place < len(parts) else ""

    start, end = _read_time(cell("start"), scale), _read_time(cell("end"), scale)
    if (start is None or end is None) and (cell("start").strip() or cell("end").strip()):
        notes.add("unreadable times", n, "\t".join(parts)[:60])
    text = _unescaped(cell("text")) if own else cell("text")
    return Draft(text, start, end, line=n, speaker=cell("speaker").strip() or None, id=cell("id").strip() or None)


def _read_time(text: str, scale: float) -> float | None:
    if ":" in text:
        return parse_clock(text)
    value = number(text)
    return None if value is None else value / scale


def _unescaped(text: str) -> str:
    marks = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
    return re.sub(r"\\([tnr\\])", lambda m: marks[m[1]], text)


def _cues_of_words(indices: list[str], words: list[CueWord], lines: list[int]) -> list[Draft]:
    cues: dict[str, list[tuple[CueWord, int]]] = {}
    for index, word, line in zip(indices, words, lines, strict=True):
        cues.setdefault(index, []).append((word, line))
    return [cue_of([WordRow(word, line) for word, line in rows]) for rows in cues.values()]


_HEADER = re.compile(
    r"^(?:[^\t\n]*\t)*\s*(?:start|begin)[^\t\n]*\t(?:[^\t\n]*\t)*[^\t\n]*(?:text|transcript|label|caption)", re.I
)


def _matches(source: Source) -> bool:
    lines = source.table
    return bool(_HEADER.match(lines[0])) or all(re.match(r"^[\d.:]+\t[\d.:]+\t", line) for line in lines)


FORMAT = Format(
    "tsv",
    (".tsv",),
    "table with a header, one row per cue",
    read,
    render,
    resolution=1e-3,
    keeps=frozenset({"scores", "status", "unplaced", "markup"}),
    evidence="columns",
    matches=_matches,
)
WORDS = replace(
    FORMAT,
    name="tsv-words",
    extensions=(),
    description="table with a header, one row per word",
    read=None,
    render=render_words,
    keeps=frozenset({"words", "word_ends", "scores", "status", "unplaced"}),
)
