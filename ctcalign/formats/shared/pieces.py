"""Pieces of text with a time each (karaoke syllables, stamps between words) to words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ctcalign.alignment.cue import CueWord


@dataclass(frozen=True)
class Piece:
    """Text between two stamps, spaces included, with the times of the stamps in seconds (None = no stamp)."""

    text: str
    start: float | None
    end: float | None


def words_of_pieces(pieces: list[Piece]) -> list[CueWord]:
    """Words of the joined text. A word may span pieces ("Hel" + "lo"); of several in a piece the first gets its start
    and the last its end, the others stay open."""
    text = "".join(p.text for p in pieces)
    spans, at = [], 0
    for piece in pieces:
        spans.append((at, at + len(piece.text), piece))
        at += len(piece.text)
    out = []
    for match in re.finditer(r"\S+", text):
        first = next(s for s in spans if s[0] <= match.start() < s[1])
        last = next(s for s in spans if s[0] <= match.end() - 1 < s[1])
        begins = not text[first[0] : match.start()].strip()
        ends = not text[match.end() : last[1]].strip()
        out.append(CueWord(match.group(), first[2].start if begins else None, last[2].end if ends else None))
    return out
