"""Changes of the caption times by adaptation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE
from ctcalign.files.digests import read_json

SHOWN = 25

Span = tuple[float, float] | None


def changed_captions(talks: Sequence[Talk], first: Path, last: Path, most: int = SHOWN) -> list[dict[str, Any]]:
    """The captions whose times differ most between two alignments, the largest change first.

    Args:
        first, last: folders of alignments.
    Returns:
        Rows with talk, cue, text, before and after ([start, end] or null) and change: the larger of the changes of
        start and end, in seconds; null if only one of the alignments places the caption. Rows with null come first.
    """
    rows: list[dict[str, Any]] = []
    for talk in talks:
        before, after = (_spans(folder / f"{talk.name}.json") for folder in (first, last))
        for cue in sorted({*before, *after}):
            old, text = before.get(cue, (None, ""))
            new, text = after.get(cue, (None, text))
            if old is None and new is None:
                continue
            both = old is not None and new is not None
            change = max(abs(a - b) for a, b in zip(old or (), new or (), strict=True)) if both else None
            if change != 0:
                row = {"talk": talk.id, "cue": cue, "text": text, "before": old, "after": new, "change": change}
                rows.append(row)
    rows.sort(key=lambda row: (row["change"] is not None, -(row["change"] or 0.0)))
    return rows[:most]


def _spans(file: Path) -> dict[int, tuple[Span, str]]:
    """Times and text of each caption."""
    document = read_json(file)
    found: dict[int, tuple[Span, str]] = {}
    for row in (document or {"cues": []})["cues"]:
        span, text = found.get(row["attributes"][CUE], (None, ""))
        own = None if row["status"] != "aligned" or row["start"] is None else (row["start"], row["end"])
        if own is not None:
            span = own if span is None else (min(span[0], own[0]), max(span[1], own[1]))
        found[row["attributes"][CUE]] = span, f"{text} {row['text']}".strip()
    return found
