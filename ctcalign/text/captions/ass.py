"""Advanced SubStation and SubStation Alpha (.ass, .ssa), karaoke times as words.

Read line by line rather than through pysubs2, which stops at the first unreadable time and does not know lines.
"""

from __future__ import annotations

import re

from ctcalign.text.captions.clock import clock
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.pieces import Piece, words_of_pieces

_FIELDS = "layer start end style name marginl marginr marginv effect text".split()
_EVENT = re.compile(r"^\s*(Dialogue|Comment)\s*:\s?(.*)$", re.I)
_BLOCK = re.compile(r"\{([^{}]*)\}")
_KARAOKE = re.compile(r"\\(?:[kK][fot]?)\s*(\d+(?:\.\d+)?)")
_ABSOLUTE = re.compile(r"\\kt\s*(\d+(?:\.\d+)?)")
_OWN_MARK = "; written by ctcalign"


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a Dialogue line, override blocks kept in the text, \\N as line break. Comment lines are not shown and
    no cues, except those in which ctcalign keeps cues that it could not place."""
    own = _OWN_MARK in source.text
    fields, in_events = _FIELDS, False
    out: list[Draft] = []
    for n, line in source.numbered():
        if line.lstrip().startswith("["):
            in_events = line.strip().lower() == "[events]"
        elif in_events and line.lower().lstrip().startswith("format:"):
            fields = [f.strip().lower() for f in line.split(":", 1)[1].split(",")]
        match = _EVENT.match(line)
        if match is None:
            continue
        values = match[2].split(",", len(fields) - 1)
        row = dict(zip(fields, values, strict=False))
        if len(values) < len(fields):
            notes.add("broken Dialogue line", n, line.strip()[:60])
            row.setdefault("text", values[-1] if len(values) > 3 else "")
        start, end = clock(row.get("start", "")), clock(row.get("end", ""))
        lost = own and start == end == 0.0
        if match[1].lower() == "comment" and not lost:
            continue
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
        speaker = row.get("name", row.get("actor", "")).strip()
        out.append(_draft(row.get("text", ""), None if lost else start, None if lost else end, n, speaker or None))
    return out


def _draft(raw: str, start: float | None, end: float | None, line: int, speaker: str | None) -> Draft:
    draft = Draft("", start, end, line=line, speaker=speaker)
    pieces = [Piece("", start, start)]
    kept: list[str] = []
    at, place = start, 0
    for match in _BLOCK.finditer(raw):
        between = raw[place : match.start()]
        kept.append(between)
        pieces[-1] = Piece(pieces[-1].text + _shown(between), pieces[-1].start, pieces[-1].end)
        place = match.end()
        times = _KARAOKE.findall(match[1])
        if not times:
            kept.append(match.group())
            continue
        rest = _KARAOKE.sub("", match[1])
        kept.append("{" + rest + "}" if rest.strip() else "")
        absolute = _ABSOLUTE.search(match[1])
        if absolute and start is not None:
            at, times = start + float(absolute[1]) / 100, [t for t in times if t != absolute[1]]
        for time in times:
            following = None if at is None else at + float(time) / 100
            pieces.append(Piece("", at, following))
            at = following
    kept.append(raw[place:])
    pieces[-1] = Piece(pieces[-1].text + _shown(raw[place:]), pieces[-1].start, pieces[-1].end)
    draft.text = _shown("".join(kept))
    if len(pieces) > 1:
        draft.words = words_of_pieces([Piece(p.text, _rounded(p.start), _rounded(p.end)) for p in pieces])
    return draft


def _shown(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\xa0")


def _rounded(time: float | None) -> float | None:
    # Sums of centiseconds: keep 1.1 from becoming 1.1000000000000001.
    return None if time is None else round(time, 4)
