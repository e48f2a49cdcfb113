"""Lhotse manifests (.jsonl, .jsonl.gz, .json): supervisions, or cuts with supervisions; word alignments as words.

Read as plain JSON, for lhotse takes seconds to import.
"""

from __future__ import annotations

from typing import Any

from ctcalign.text.captions.clock import json_seconds
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.json_tree import parse_json
from ctcalign.text.cues import CueWord


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a supervision, in file order. Times count from the start of the recording: in a cut, supervisions count
    from the start of the cut. A mixed cut is a recording of its own.

    The text is the supervision's, or where ctcalign wrote the cut the caption that it was made of.
    """
    data = parse_json(source).data
    rows = data if isinstance(data, list) else [data]
    out: list[Draft] = []
    for row in rows:
        if not isinstance(row, dict):
            notes.add("line that is no supervision and no cut", detail=str(row)[:40])
        elif "tracks" in row:
            out += _mixed(row)
        elif "supervisions" in row:
            recording = row.get("recording")
            identity = recording.get("id") if isinstance(recording, dict) else None
            out += [
                _draft(s, json_seconds(row.get("start")) or 0.0, _text(identity)) for s in _dicts(row["supervisions"])
            ]
        else:
            out.append(_draft(row, 0.0, None))
    return out


def _mixed(row: dict[str, Any]) -> list[Draft]:
    out = []
    for track in _dicts(row["tracks"]):
        offset, cut = json_seconds(track.get("offset")) or 0.0, track.get("cut")
        if isinstance(cut, dict):
            out += [_draft(s, offset, _text(row.get("id"))) for s in _dicts(cut.get("supervisions"))]
    return out


def _draft(row: dict[str, Any], offset: float, recording: str | None) -> Draft:
    start, end = _span(row.get("start"), row.get("duration"), offset)
    custom = row.get("custom")
    raw = custom.get("raw_text") if isinstance(custom, dict) else None
    channel = row.get("channel")
    if isinstance(channel, list) and len(channel) == 1:
        channel = channel[0]
    alignment = row.get("alignment")
    words = alignment.get("word") if isinstance(alignment, dict) else None
    return Draft(
        raw if isinstance(raw, str) else _text(row.get("text")) or "",
        start,
        end,
        id=_text(row.get("id")),
        speaker=_text(row.get("speaker")),
        channel=channel if isinstance(channel, int) else None,
        words=[word for item in words if (word := _word(item, offset)) is not None] if isinstance(words, list) else [],
        recording=recording if recording is not None else _text(row.get("recording_id")),
    )


def _word(item: Any, offset: float) -> CueWord | None:
    """An alignment item, written as [symbol, start, duration, score] or as an object with those keys."""
    if isinstance(item, dict):
        item = [item.get(key) for key in ("symbol", "start", "duration", "score")]
    if not isinstance(item, list) or len(item) < 3:
        return None
    start, end = _span(item[1], item[2], offset)
    return CueWord(str(item[0]), start, end, json_seconds(item[3]) if len(item) > 3 else None)


def _span(start: Any, duration: Any, offset: float) -> tuple[float | None, float | None]:
    first, length = json_seconds(start), json_seconds(duration)
    if first is None or length is None:
        return None, None
    # As lhotse: sums are rounded so that neighbours that touch stay so.
    return round(offset + first, 8), round(offset + first + length, 8)


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
