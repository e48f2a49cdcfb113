"""Where the first word of a true caption begins and its last word ends.

The start and end of a truth file may go by the sound and include a breath before the first word. With tolerant bounds a
time is right anywhere between the border of the clip and the word, so that neither habit counts as an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ctcalign.errors import CaptionError
from ctcalign.files import parse_json
from ctcalign.files.text_size import MANIFESTS, read_bytes
from ctcalign.formats.shared.clock import json_seconds

Edge = float | None
SAME = 0.002  # seconds between the edge of a caption and that of the utterance whose word it takes


def word_edges(rows: Sequence[Any], path: Path | None) -> list[tuple[Edge, Edge]]:
    """Start of the first and end of the last word of each row of a truth file; None where they are unknown.

    They are the row's own `word_start` and `word_end`, else those of its `words_auto` or `words`, or of the utterances
    that it names in `utt_ids`, of the same file or of `truth.json` in the folder above (captions/NAME.key.json).
    """
    named = any(isinstance(row, Mapping) and row.get("utt_ids") for row in rows)
    known = {row["id"]: row for row in [*(_whole(path) if named else ()), *rows] if _has_id(row)}
    return [_edges(row, known) if isinstance(row, Mapping) else (None, None) for row in rows]


def _edges(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> tuple[Edge, Edge]:
    names = row.get("utt_ids")
    found = [known[name] for name in (names if isinstance(names, list) else ()) if _is_id(name) and name in known]
    first, last = (found[0], found[-1]) if found else (row, row)
    start, end = json_seconds(row.get("word_start")), json_seconds(row.get("word_end"))
    if start is None and _near(row.get("start"), first.get("start")):
        start = _word(first, 0, "start")
    if end is None and _near(row.get("end"), last.get("end")):
        end = _word(last, -1, "end")
    return start, end


def _word(row: Mapping[str, Any], place: int, edge: str) -> Edge:
    for key in ("words_auto", "words"):
        words = row.get(key)
        if isinstance(words, list) and words and isinstance(words[place], Mapping):
            return json_seconds(words[place].get(edge))
    return None


def _near(one: Any, other: Any) -> bool:
    first, second = json_seconds(one), json_seconds(other)
    return first is not None and second is not None and abs(first - second) < SAME


def _whole(path: Path | None) -> list[Any]:
    """The utterances of truth.json in the folder above; none if it does not exist or is something else."""
    if path is None:
        return []
    whole = path.resolve().parent.parent / "truth.json"
    try:
        document = parse_json(read_bytes(whole, str(whole), MANIFESTS).decode("utf-8-sig"), str(whole), MANIFESTS)
    except (OSError, UnicodeDecodeError, CaptionError):
        return []
    rows = document.get("utterances") if isinstance(document, Mapping) else None
    return rows if isinstance(rows, list) else []


def _has_id(row: Any) -> bool:
    return isinstance(row, Mapping) and _is_id(row.get("id"))


def _is_id(value: Any) -> bool:
    return isinstance(value, str)
