"""Alternatives of a CTM file (<ALT_BEGIN> ... <ALT> ... <ALT_END>): the first is text, the others stay beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.clock import number
from ctcalign.formats.shared.drafts import Draft

Row = dict[str, Any]


@dataclass
class Alternatives:
    """One place of a file with several wordings.

    Attributes:
        first: the words of the first wording.
        others: of each further one the columns from the start on, in file order.
    """

    first: list[CueWord] = field(default_factory=list)
    others: list[list[list[str]]] = field(default_factory=list)


def keep(drafts: Sequence[Draft], found: Sequence[Alternatives]) -> int:
    """Add the attribute "alternatives" to the cues with the first wordings; the number that belong to no cue.

    The attribute is a list of objects: first, last: places of words in the cue; start, end: times of the first wording
    in the file, seconds; others: see `Alternatives`.
    """
    homes = {id(word): (draft, place) for draft in drafts for place, word in enumerate(draft.words)}
    lost = 0
    for one in found:
        places = [homes[id(word)] for word in one.first if id(word) in homes]
        spans = [word.span for word in one.first if word.span is not None]
        if not places or not spans or any(draft is not places[0][0] for draft, _ in places):
            lost += 1
            continue
        row = {"first": places[0][1], "last": places[-1][1], "start": spans[0].start, "end": spans[-1].end}
        places[0][0].attributes.setdefault("alternatives", []).append({**row, "others": one.others})
    return lost


def marks(cue: AlignedCue, columns: str) -> dict[int, tuple[str, str]]:
    """Lines before and after words of a cue, by the identity of the word: the other wordings at the new times.

    Args:
        columns: recording and channel.
    """
    given = cue.attributes.get("alternatives")
    out: dict[int, tuple[str, str]] = {}
    for row in given if isinstance(given, list) else []:
        words = _words_of(cue, row)
        if words is None:
            continue
        first, last = words
        lines = []
        for other in row["others"]:
            lines.append(f"{columns} * * <ALT>\n")
            lines += [f"{columns} {' '.join(_moved(cells, row, first, last))}\n" for cells in other]
        before, after = out.get(id(first), ("", ""))
        out[id(first)] = (f"{columns} * * <ALT_BEGIN>\n", after)
        before, _ = out.get(id(last), ("", ""))
        out[id(last)] = (before, "".join(lines) + f"{columns} * * <ALT_END>\n")
    return out


def _words_of(cue: AlignedCue, row: Any) -> tuple[AlignedWord, AlignedWord] | None:
    """The first and last word of the first wording; None where they have no times, or the attribute is damaged."""
    if not isinstance(row, Mapping) or not all(isinstance(row.get(key), int | float) for key in ("start", "end")):
        return None
    places, others = [row.get("first"), row.get("last")], row.get("others")
    if not all(isinstance(place, int) and 0 <= place < len(cue.words) for place in places):
        return None
    if not isinstance(others, list) or not all(
        isinstance(other, list) and all(isinstance(cells, list) and all(map(_is_text, cells)) for cells in other)
        for other in others
    ):
        return None
    first, last = (cue.words[int(place or 0)] for place in places)
    return None if first.span is None or last.span is None else (first, last)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _moved(cells: Sequence[str], row: Mapping[str, Any], first: AlignedWord, last: AlignedWord) -> list[str]:
    """The columns of a word from its start on, at the place that it has in the new span."""
    start, length = (number(cell) for cell in (*cells[:2], "", "")[:2])
    if start is None or length is None or first.start is None or last.end is None:
        return list(cells)
    old = row["end"] - row["start"]
    scale = (last.end - first.start) / old if old > 0 else 1.0
    begin = max(first.start + (start - row["start"]) * scale, 0.0)
    return [f"{begin:.3f}", f"{max(length * scale, 0.0):.3f}", *cells[2:]]
