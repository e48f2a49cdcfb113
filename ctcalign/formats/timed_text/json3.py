"""YouTube's json3 captions: events in milliseconds with segments of text."""

from __future__ import annotations

from typing import Any

from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.formats.shared.reading.json_times import note_end
from ctcalign.formats.shared.timed_words import TimedText, words_of


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue for each event with text. Segments with offsets contain word times.

    Events without segments open a window, events of one line break scroll it: neither is a caption. A line of automatic
    captions stays on the screen while the next is spoken; its last word ends where the next event begins.
    """
    data = source.json
    listed = data.get("events") if isinstance(data, dict) else None
    events = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    shown = [e for e in events if _texts(e).strip("\n") or ("segs" in e and not e.get("aAppend"))]
    out = []
    for k, event in enumerate(shown):
        start, length = json_seconds(event.get("tStartMs"), 1000.0), json_seconds(event.get("dDurationMs"), 1000.0)
        end = start + length if start is not None and length is not None else None
        if start is not None and length is None:
            note_end({"dDurationMs": event.get("dDurationMs")}, k + 1, notes)
        segments = [s for s in _list(event.get("segs")) if isinstance(s, dict)]
        words = []
        if start is not None and (len(segments) > 1 or any("tOffsetMs" in s for s in segments)):
            following = json_seconds(shown[k + 1].get("tStartMs"), 1000.0) if k + 1 < len(shown) else None
            if end is not None and following is not None and start < following < end:
                end = following
            words = words_of(_pieces(segments, start, end))
        identity = event.get("id")
        out.append(
            Draft(_texts(event).strip("\n"), start, end, id=None if identity is None else str(identity), words=words)
        )
    return out


def _pieces(segments: list[dict[str, Any]], start: float, end: float | None) -> list[TimedText]:
    starts = [start + (json_seconds(s.get("tOffsetMs"), 1000.0) or 0.0) for s in segments]
    stops = [*starts[1:], end if end is None else max(end, starts[-1])]
    return [TimedText(str(s.get("utf8", "")), a, b) for s, a, b in zip(segments, starts, stops, strict=True)]


def _texts(event: dict[str, Any]) -> str:
    return "".join(str(s.get("utf8", "")) for s in _list(event.get("segs")) if isinstance(s, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _matches(source: Source) -> bool:
    return isinstance(source.json, dict) and isinstance(source.json.get("events"), list)


FORMAT = Format(
    "json3",
    (),
    "YouTube captions",
    read,
    aliases=("youtube",),
    more_extensions=(".json3",),
    evidence="json",
    matches=_matches,
)
