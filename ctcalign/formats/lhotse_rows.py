"""Lhotse manifests as plain JSON: the supervisions in rows of supervisions and of cuts.

lhotse itself takes seconds to import, and of a row that is only read or left out nothing must change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ctcalign.text.captions.clock import json_seconds

Row = dict[str, Any]


@dataclass(frozen=True)
class Supervision:
    """A supervision of a manifest: its own row, and the second at which its times begin to count."""

    row: Row
    offset: float
    recording: str | None

    @property
    def custom(self) -> Mapping[str, Any]:
        found = self.row.get("custom")
        return found if isinstance(found, Mapping) else {}

    @property
    def start(self) -> float | None:
        start = json_seconds(self.row.get("start"))
        return None if start is None else round(self.offset + start, 8)

    @property
    def end(self) -> float | None:
        start, duration = json_seconds(self.row.get("start")), json_seconds(self.row.get("duration"))
        return None if start is None or duration is None else round(self.offset + start + duration, 8)


def is_lhotse(row: Any) -> bool:
    """Whether a row of JSON is a cut or a supervision of lhotse."""
    if not isinstance(row, dict):
        return False
    cut = row.get("type") in ("MonoCut", "MultiCut", "MixedCut", "PaddingCut")
    return cut or "supervisions" in row or {"recording_id", "start", "duration"} <= row.keys()


def supervisions(row: Row) -> Iterator[Supervision]:
    """Those of one row, in order: a supervision itself, of a cut, or of the tracks of a mixed cut.

    Times of a cut count from its recording's beginning; a mixed cut is a recording of its own.
    """
    if "tracks" in row:
        for track in _dicts(row["tracks"]):
            cut = track.get("cut")
            for own in _dicts(cut.get("supervisions")) if isinstance(cut, dict) else []:
                yield Supervision(own, json_seconds(track.get("offset")) or 0.0, _text(row.get("id")))
    elif "supervisions" in row or "type" in row:
        recording = row.get("recording")
        name = _text(recording.get("id")) if isinstance(recording, dict) else None
        for own in _dicts(row.get("supervisions")):
            yield Supervision(own, json_seconds(row.get("start")) or 0.0, name or _text(own.get("recording_id")))
    else:
        yield Supervision(row, 0.0, _text(row.get("recording_id")))


def _dicts(rows: Any) -> list[Row]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
