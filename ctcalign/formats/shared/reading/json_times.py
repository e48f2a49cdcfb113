"""Start and end of a row of JSON, whatever the keys and the unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.clock import json_seconds
from ctcalign.formats.shared.drafts import Draft, Notes

_STARTS = (
    "start",
    "begin",
    "starttime",
    "startoffset",
    "begintime",
    "from",
    "tstart",
    "onset",
    "ts",
    "tmin",
    "xmin",
    "startts",
)
_ENDS = ("end", "stop", "endtime", "endoffset", "stoptime", "to", "tend", "endts", "tmax", "xmax")
_LENGTHS = ("duration", "dur", "length", "d")
_SPANS = ("timestamp", "timestamps", "ts", "time", "times", "span", "interval")
_UNITS = {"ms": 1e3, "msec": 1e3, "millis": 1e3, "milliseconds": 1e3, "inticks": 1e7, "ticks": 1e7}
_UNITS |= dict.fromkeys(("s", "sec", "secs", "seconds"), 1.0)
_UNIT = re.compile(rf"(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})$")
_LOOKS_LIKE_TIME = re.compile(r"start|begin|end|time|offset|onset|dur|stamp|from|stop|^ts$|^to$", re.IGNORECASE)
_PLACE = re.compile(r"char|index|idx|token|byte|word|line|frame", re.IGNORECASE)  # not a time, but a place in the text
_SLOWEST = 0.1  # letters per second: with fewer, the times are in a smaller unit
_ISO = re.compile(r"^PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)\d*S)?$")
Times = tuple[float | None, float | None]


def times_of(row: Mapping[str, Any]) -> Times:
    """Start and end in seconds, or in the unit of the file if the keys name no unit; None if missing."""
    found = _by_name(row)
    start = _first(found, _STARTS)
    end = _first(found, _ENDS)
    length = _first(found, _LENGTHS)
    if "offset" in found:  # the start of a manifest of NeMo or of Azure; the end beside an onset
        if "onset" in found:
            end = found["offset"] if end is None else end
        elif start is None:
            start = found["offset"]
    if start is None:
        span = next((row[key] for key in _SPANS if isinstance(row.get(key), (list, dict))), None)
        if isinstance(span, dict):
            return times_of(span)
        if isinstance(span, list) and len(span) == 2:
            return json_seconds(span[0]), json_seconds(span[1])
        start = _first(found, ("timestamp", "time"))
    if end is None and start is not None and length is not None:
        end = round(start + length, 6)
    return start, end


def _by_name(row: Mapping[str, Any]) -> dict[str, float]:
    """The times of a row by key in lower case without its unit."""
    found: dict[str, float] = {}
    for key, value in row.items():
        name = re.sub(r"[^a-z]", "", str(key).lower())
        unit = None if name in (*_STARTS, *_ENDS, *_LENGTHS, *_SPANS) else _UNIT.search(name)
        seconds = _seconds(value, _UNITS[unit[0]] if unit else 1.0)
        if seconds is not None:
            found.setdefault(name[: unit.start()] if unit else name, seconds)
    return {_alias(name): seconds for name, seconds in found.items()}


def _alias(name: str) -> str:
    """ "tstart" of json3, "ddurationms" and the like."""
    return {"tstart": "start", "dduration": "duration", "t": "start"}.get(name, name)


def _seconds(value: object, scale: float) -> float | None:
    if isinstance(value, dict):  # Google: {"seconds": "1", "nanos": 400000000}
        parts = json_seconds(value.get("seconds", 0)), json_seconds(value.get("nanos", 0))
        known = parts[0] is not None and parts[1] is not None and bool(value.keys() & {"seconds", "nanos"})
        return (parts[0] or 0.0) + (parts[1] or 0.0) / 1e9 if known else None
    if isinstance(value, str):
        iso = _ISO.match(value)
        if iso and value != "PT":
            hours, minutes, seconds = (float(part or 0) for part in iso.groups())
            return hours * 3600 + minutes * 60 + seconds
        value = re.sub(r"(?<=\d)\s?s$", "", value)  # "1.400s"
    return json_seconds(value, scale)


def _first(found: Mapping[str, float], names: Sequence[str]) -> float | None:
    return next((found[name] for name in names if name in found), None)


def note_dropped(
    rows: Sequence[Mapping[str, Any]], drafts: Sequence[Draft], notes: Notes, noun: str = "cue", first: int = 1
) -> None:
    """Note the time-like keys of rows without a readable time, and ends that could not be read."""
    for place, (row, draft) in enumerate(zip(rows, drafts, strict=True), first):
        if draft.start is None and draft.end is None and not draft.words:
            keys = [key for key, value in row.items() if _LOOKS_LIKE_TIME.search(str(key)) and _filled(value)]
            if keys:
                notes.add("times that are not understood are dropped", detail=f"{noun} {place}: {', '.join(keys[:4])}")
        elif draft.end is None:
            note_end({key: value for key, value in row.items() if _is_end(key, value)}, place, notes, noun)


def note_end(found: Mapping[str, Any], place: int, notes: Notes, noun: str = "cue") -> None:
    """Note an end that is given but is not a time, although the start is; `found`: keys and values of the end."""
    for key, value in found.items():
        if _filled(value):
            notes.add("an end that is not a time is dropped", detail=f"{noun} {place}: {key} {str(value)[:20]!r}")
            return


def note_words(
    rows: Sequence[Mapping[str, Any]], words: Sequence[CueWord], noun: str, place: object, notes: Notes
) -> None:
    """Note word times of a cue that are given but are not times; a null or missing time is not an error.

    Args:
        rows: of the words, in their order.
        noun, place: of the cue, for the note.
    """
    for row, word in zip(rows, words, strict=True):
        if word.start is not None and word.end is not None:
            continue
        both = word.start is None and word.end is None
        for key, value in row.items():
            if _LOOKS_LIKE_TIME.search(key) and not _PLACE.search(key) and _dropped(key, value, both):
                shown = f"{noun} {place}, word {word.text[:20]!r}: {key} {str(value)[:20]!r}"
                notes.add("a word time that is not a time is dropped", detail=shown)
                break


def _dropped(key: str, value: object, both: bool) -> bool:
    """Whether a value of a word without a start or an end is given; if it has one of `both`, whether it is no time."""
    if not _filled(value) or (key.lower() in ("to", "from") and _named(value)):  # the hearer, the speaker
        return False
    if both:
        return True
    if isinstance(value, list) and key.lower() in _SPANS:
        return any(_filled(one) and _seconds(one, 1.0) is None for one in value)
    return _seconds(value, 1.0) is None


def _named(value: object) -> bool:
    return str(value).strip().isalpha()


def _is_end(key: str, value: object) -> bool:
    """Whether a key of a row whose end is not known names an end, or a length or span that has digits."""
    name = re.sub(r"[^a-z]", "", str(key).lower())
    unit = _UNIT.search(name) if name not in (*_ENDS, *_LENGTHS, *_SPANS) else None
    name = _alias(name[: unit.start()] if unit else name)
    if name in _ENDS:
        return name != "to" or not _named(value)  # the hearer, not the end
    if name in _SPANS and isinstance(value, list) and len(value) == 2:
        return _filled(value[1])
    return name in _LENGTHS and any(sign.isdigit() for sign in str(value))


def _filled(value: object) -> bool:
    return value is not None and value != "" and not isinstance(value, bool)


def in_seconds(drafts: list[Draft], notes: Notes) -> None:
    """Convert times without a unit that are far too slow for seconds: milliseconds, or Azure's 100 nanoseconds."""
    rates = [
        len(draft.text.replace(" ", "")) / (draft.end - draft.start)
        for draft in drafts
        if draft.start is not None and draft.end is not None and draft.end > draft.start and draft.text.strip()
    ]
    if not rates or (rate := median(rates)) >= _SLOWEST:
        return
    scale = 1e3 if rate * 1e3 >= 10 * _SLOWEST else 1e7
    notes.add("times read as " + ("milliseconds" if scale == 1e3 else "units of 100 nanoseconds"))
    for draft in drafts:
        draft.start, draft.end = _scaled(draft.start, scale), _scaled(draft.end, scale)
        draft.words = [
            type(word)(word.text, _scaled(word.start, scale), _scaled(word.end, scale), word.score)
            for word in draft.words
        ]


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None or not math.isfinite(value) else value / scale
