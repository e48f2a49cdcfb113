"""TTML and DFXP captions: clock and offset times, frames, ticks, nested times, spans and line breaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.formats.shared.reading.xml_tree import parse_xml, tag_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ID = "{http://www.w3.org/XML/1998/namespace}id"


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per <p>, <br/> as line break; region and styles become its `attributes`, the head becomes the header.

    A <p> without times gets those of its spans; spans with times that hold one word each are words.

    Raises:
        CaptionError: not well-formed XML.
    """
    root = parse_xml(source)
    if tag_of(root) != "tt":
        raise CaptionError(f"{source.name}: expected TTML, got XML with the root <{tag_of(root)}>")
    reader = _Reader(_rates_of(root), _agents(root), notes)
    head = re.search(r"<((?:\w+:)?head)\b[^>]*>.*?</\1>", source.text, re.S)
    if head is not None and re.search(r"<(?:\w+:)?(?:style|region)\b", head[0]):
        source.beside.header = head[0]
    body = next((child for child in root if tag_of(child) == "body"), None)
    if body is not None:
        reader.walk(body, _Window(0.0, None), root.get(_SPACE) == "preserve", None)
    return reader.drafts


def _attribute(element: Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _agents(root: Element) -> dict[str, str]:
    """Ids of ttm:agent with their names."""
    out = {}
    for element in root.iter():
        if tag_of(element) == "agent" and element.get(_ID):
            name = next((child.text for child in element if tag_of(child) == "name" and child.text), None)
            out[str(element.get(_ID))] = " ".join((name or str(element.get(_ID))).split())
    return out


class _Reader:
    def __init__(self, rates: _Rates, agents: dict[str, str], notes: Notes) -> None:
        self.drafts: list[Draft] = []
        self._rates = rates
        self._agents = agents
        self._notes = notes

    def walk(self, element: Element, parent: _Window, preserve: bool, agent: str | None) -> _Window:
        """Visit an element and its children; returns the time that it covers."""
        window = self._window(element, parent)
        space = element.get(_SPACE)
        preserve = space == "preserve" if space is not None else preserve
        agent = _attribute(element, "agent") or agent
        if tag_of(element) == "p":
            self._cue(element, window, preserve, agent)
            return window
        at = window
        for child in element:
            done = self.walk(child, at, preserve, agent)
            if element.get("timeContainer") == "seq" and done.end is not None:
                at = _Window(done.end, window.end, window.timed)
        return window

    def _window(self, element: Element, parent: _Window) -> _Window:
        window, broken = _own_times(element.attrib, parent, self._rates)
        if broken:
            self._notes.add("unreadable times", detail=f"cue {len(self.drafts) + 1}: {broken}")
        return window

    def _cue(self, element: Element, window: _Window, preserve: bool, agent: str | None) -> None:
        parts: list[tuple[str, _Window | None]] = []
        self._collect(element, window, parts)
        timed = [(text, w) for text, w in parts if w is not None and text.strip()]
        text = "".join(text for text, _ in parts)
        start, end = (window.start, window.end) if window.timed else (None, None)
        if not window.own and timed:
            start = min(w.start for _, w in timed)
            ends = [w.end for _, w in timed if w.end is not None]
            end = max(ends) if ends else None
        single = bool(timed) and all(len(text.split()) == 1 for text, _ in timed)
        words = [CueWord(text.strip(), w.start, w.end) for text, w in timed] if single else []
        self.drafts.append(
            Draft(
                text if preserve else _collapsed(text),
                start,
                end,
                id=element.get(_ID) or element.get("id"),
                speaker=self._agents.get(agent, agent) if agent else None,
                words=words,
                attributes=_layout(element),
            )
        )

    def _collect(self, element: Element, window: _Window, parts: list[tuple[str, _Window | None]]) -> None:
        own = window if tag_of(element) == "span" and window.own else None
        parts.append((element.text or "", own))
        for child in element:
            if tag_of(child) == "br":
                parts.append(("\ue000", None))  # stands for the break until space is collapsed
            elif tag_of(child) == "span":
                self._collect(child, self._window(child, window), parts)
            parts.append((child.tail or "", own))


_NO_LAYOUT = frozenset({"begin", "end", "dur", "id", "space", "lang", "agent", "role", "key"})


def _layout(element: Element) -> dict[str, str]:
    """Region and styles of a <p>; "span styles" names those of its spans."""
    out = {name: value for key, value in element.attrib.items() if (name := key.rpartition("}")[2]) not in _NO_LAYOUT}
    spans = (span for span in element.iter() if span is not element)
    inner = {name for span in spans for key in span.attrib if (name := key.rpartition("}")[2]) not in _NO_LAYOUT}
    return out | ({"span styles": " ".join(sorted(inner))} if inner else {})


def _collapsed(text: str) -> str:
    """White space by the default of xml:space: one blank for each run, none around line breaks."""
    return re.sub(r" ?\ue000 ?", "\n", re.sub(r"[ \t\n]+", " ", text)).strip(" ")


# Up to 15 digits, as in `clock.parse_clock`; the rest of a longer fraction is cut off.
_CLOCK = re.compile(r"^(\d{1,15}):(\d{1,15}):(\d{1,15})(?:[.,](\d{1,15})\d*|:(\d{1,15})(?:\.(\d{1,15})\d*)?)?$")
_OFFSET = re.compile(r"^(\d{1,18})(?:\.(\d{1,15})\d*)?\s*(h|ms|m|s|f|t)$")


@dataclass(frozen=True)
class _Rates:
    """Frames, sub-frames and ticks per second."""

    frame: Fraction
    sub_frame: int
    tick: Fraction


@dataclass(frozen=True)
class _Window:
    """Time that an element covers, in seconds. `timed`: it or an ancestor has times; `own`: it has times itself."""

    start: float
    end: float | None
    timed: bool = False
    own: bool = False


def _rates_of(root: Element) -> _Rates:
    """Rates of the document: ttp:frameRate (default 30), frameRateMultiplier ("1000 1001"), subFrameRate (1), tickRate
    (frame rate times sub-frame rate if a frame rate is given, else 1)."""
    given = {key.rpartition("}")[2]: value for key, value in root.attrib.items()}
    frame = _fraction(given.get("frameRate"), Fraction(30))
    parts = re.findall(r"\b\d{1,9}\b", given.get("frameRateMultiplier", ""))
    if len(parts) == 2 and int(parts[0]) and int(parts[1]):
        frame *= Fraction(int(parts[0]), int(parts[1]))
    sub_frame = max(1, int(_fraction(given.get("subFrameRate"), Fraction(1))))
    ticks = frame * sub_frame if "frameRate" in given else Fraction(1)
    return _Rates(frame, sub_frame, _fraction(given.get("tickRate"), ticks))


def _fraction(text: str | None, default: Fraction) -> Fraction:
    if text is None or not re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,15})?\s*", text):
        return default
    return Fraction(text.strip()) or default


def _seconds(text: str, rates: _Rates) -> Fraction | None:
    """A TTML time expression in seconds, exact; None when it is not one."""
    text = text.strip()
    match = _CLOCK.match(text)
    if match:
        hours, minutes, secs, fraction, frames, sub = match.groups()
        value = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(secs))
        if fraction:
            value += Fraction(int(fraction), 10 ** len(fraction))
        if frames:
            value += (int(frames) + Fraction(int(sub or 0), rates.sub_frame)) / rates.frame
        return value
    match = _OFFSET.match(text)
    if match is None:
        return None
    amount, unit = Fraction(f"{match[1]}.{match[2] or 0}"), match[3]
    if unit == "f":
        return amount / rates.frame
    if unit == "t":
        return amount / rates.tick
    return amount * {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}[unit]


def _own_times(attributes: Mapping[str, str], parent: _Window, rates: _Rates) -> tuple[_Window, str]:
    """The window of an element inside `parent`, and what of its times cannot be read ("" when all can)."""
    given = {key: attributes[key] for key in ("begin", "end", "dur") if key in attributes}
    read = {key: _seconds(value, rates) for key, value in given.items()}
    broken = ", ".join(f"{key}={given[key]!r}" for key, value in read.items() if value is None)
    if broken:
        return _Window(parent.start, None), broken
    if not given:
        return _Window(parent.start, parent.end, parent.timed), ""
    base = Fraction(parent.start).limit_denominator(10**9)
    start = base + (read.get("begin") or 0)
    ends = []
    if read.get("end") is not None:
        ends.append(base + (read["end"] or 0))
    if read.get("dur") is not None:
        ends.append(start + (read["dur"] or 0))
    end = float(min(ends)) if ends else parent.end
    return _Window(float(start), end, True, True), ""


def _matches(source: Source) -> bool:
    head = source.head
    return bool(re.match(r"<\?xml|<(?:\w+:)?tt[\s>]", head) and re.search(r"<(?:\w+:)?tt[\s>]", head[:20000]))


FORMAT = Format(
    "ttml",
    (),
    "TTML and DFXP captions",
    read,
    aliases=("dfxp", "xml"),
    more_extensions=(".ttml", ".dfxp", ".xml", ".itt"),
    evidence="header",
    matches=_matches,
)
