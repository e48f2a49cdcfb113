"""Tables parted by tabs: Whisper's (milliseconds), ours of cues or words (seconds), and others with such a header."""

from __future__ import annotations

import re

from ctcalign.text.captions.clock import clock, number
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.word_rows import WordRow, cue_of
from ctcalign.text.cues import CueWord

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
    """One cue a row; our table of words gives its cues back, words joined by blanks.

    Without a header the columns are start, end, text. Times are seconds, or clock times; milliseconds where the header
    says so or where it is Whisper's "start, end, text" and all times are whole numbers.
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
        scores = [number(parts[columns["score"]]) if len(parts) > columns["score"] else None for _, parts in rows]
        words = [CueWord(d.text, d.start, d.end, score) for d, score in zip(out, scores, strict=True)]
        return _cues_of_words([parts[0] for _, parts in rows], words, [n for n, _ in rows])
    return out


def _columns(header: list[str]) -> tuple[dict[str, int], float]:
    """Place of each column that is known, and how many time units a second has; no columns when it is no header."""
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

    start, end = _time(cell("start"), scale), _time(cell("end"), scale)
    if (start is None or end is None) and (cell("start").strip() or cell("end").strip()):
        notes.add("unreadable times", n, "\t".join(parts)[:60])
    text = _unescaped(cell("text")) if own else cell("text")
    return Draft(text, start, end, line=n, speaker=cell("speaker").strip() or None, id=cell("id").strip() or None)


def _time(text: str, scale: float) -> float | None:
    if ":" in text:
        return clock(text)
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
