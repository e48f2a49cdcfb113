"""XML captions of YouTube: srv1 (`transcript`), srv2 (`timedtext` with `text`), srv3 (`timedtext` with `p`, `s`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import number
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.formats.shared.reading.xml_tree import parse_xml, tag_of
from ctcalign.formats.shared.timed_words import TimedText, words_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue for each line; lines that only scroll the window are not cues.

    A line of automatic captions stays on the screen while the next is spoken: a cue with word times ends where the next
    begins.

    Raises:
        CaptionError: not well-formed XML, or XML of another kind.
    """
    root = parse_xml(source)
    if tag_of(root) not in ("transcript", "timedtext"):
        raise CaptionError(f"{source.name}: expected captions of YouTube, got XML with the root <{tag_of(root)}>")
    rows = [(element, "".join(element.itertext())) for element in root.iter() if tag_of(element) in ("text", "p")]
    rows = [(element, text) for element, text in rows if text.strip()]
    times = [_times(element) for element, _ in rows]
    out = []
    for place, (element, text) in enumerate(rows):
        start, end = times[place]
        words = []
        if start is not None and any("t" in child.attrib for child in element):
            following = times[place + 1][0] if place + 1 < len(rows) else None
            if end is not None and following is not None and start < following < end:
                end = following
            words = words_of(_pieces(element, start, end))
        if start is None or end is None:
            notes.add("unreadable times", detail=f"cue {place + 1}")
        out.append(Draft(text.strip(), start, end, words=words))
    return out


def _times(element: Element) -> tuple[float | None, float | None]:
    """Start and end in seconds: srv1 has seconds, the others milliseconds."""
    scale, first, length = (1.0, "start", "dur") if "start" in element.attrib else (1000.0, "t", "d")
    start, duration = number(element.get(first, "")), number(element.get(length, ""))
    if start is None:
        return None, None
    return start / scale, None if duration is None else (start + duration) / scale


def _pieces(element: Element, start: float, end: float | None) -> list[TimedText]:
    parts = [("".join(child.itertext()), start + (number(child.get("t", "")) or 0.0) / 1000.0) for child in element]
    stops = [*(begin for _, begin in parts[1:]), end if end is None else max(end, parts[-1][1])]
    return [TimedText(text, begin, stop) for (text, begin), stop in zip(parts, stops, strict=True)]


def _matches(source: Source) -> bool:
    return bool(re.match(r"(?:<\?xml[^>]*>\s*)?<(?:transcript|timedtext)[\s>]", source.head))


FORMAT = Format(
    "srv",
    (),
    "XML captions of YouTube",
    read,
    aliases=("srv1", "srv2", "srv3"),
    more_extensions=(".srv1", ".srv2", ".srv3"),
    evidence="header",
    matches=_matches,
)
