"""TTML and DFXP captions: clock and offset times, frames, ticks, nested times, spans and line breaks."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.ttml_times import Rates, Window, own_times, rates_of

_XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ID = "{http://www.w3.org/XML/1998/namespace}id"


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a <p>, styles dropped, <br/> as line break. A <p> without times takes those of its spans; spans with
    times that hold one word each are words.

    Raises:
        CaptionError: not well-formed XML.
    """
    text = re.sub(r"&([A-Za-z][A-Za-z0-9]*);", _named_entity, source.text.lstrip("\ufeff \t\n"))
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise CaptionError(f"{source.name}: not well-formed XML ({error}); is the file complete?") from error
    if _tag(root) != "tt":
        raise CaptionError(f"{source.name}: expected TTML, got XML with the root <{_tag(root)}>")
    reader = _Reader(rates_of(root), _agents(root), notes)
    body = next((child for child in root if _tag(child) == "body"), None)
    if body is not None:
        reader.walk(body, Window(0.0, None), root.get(_SPACE) == "preserve", None)
    return reader.drafts


def _named_entity(match: re.Match[str]) -> str:
    return match.group() if match[1] in _XML_ENTITIES else html.unescape(match.group())


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def _agents(root: ElementTree.Element) -> dict[str, str]:
    """Ids of ttm:agent with their names."""
    out = {}
    for element in root.iter():
        if _tag(element) == "agent" and element.get(_ID):
            name = next((child.text for child in element if _tag(child) == "name" and child.text), None)
            out[str(element.get(_ID))] = " ".join((name or str(element.get(_ID))).split())
    return out


class _Reader:
    def __init__(self, rates: Rates, agents: dict[str, str], notes: Notes) -> None:
        self.drafts: list[Draft] = []
        self._rates = rates
        self._agents = agents
        self._notes = notes

    def walk(self, element: ElementTree.Element, parent: Window, preserve: bool, agent: str | None) -> Window:
        """Visit an element and what is in it; returns the time that it covers."""
        window = self._window(element, parent)
        space = element.get(_SPACE)
        preserve = space == "preserve" if space is not None else preserve
        agent = _attribute(element, "agent") or agent
        if _tag(element) == "p":
            self._cue(element, window, preserve, agent)
            return window
        at = window
        for child in element:
            done = self.walk(child, at, preserve, agent)
            if element.get("timeContainer") == "seq" and done.end is not None:
                at = Window(done.end, window.end, window.timed)
        return window

    def _window(self, element: ElementTree.Element, parent: Window) -> Window:
        window, broken = own_times(element.attrib, parent, self._rates)
        if broken:
            self._notes.add("unreadable times", detail=f"cue {len(self.drafts) + 1}: {broken}")
        return window

    def _cue(self, element: ElementTree.Element, window: Window, preserve: bool, agent: str | None) -> None:
        parts: list[tuple[str, Window | None]] = []
        self._collect(element, window, parts)
        timed = [(text, w) for text, w in parts if w is not None and text.strip()]
        text = "".join(text for text, _ in parts)
        start, end = (window.start, window.end) if window.timed else (None, None)
        if not window.own and timed:
            start = min(w.start for _, w in timed)
            ends = [w.end for _, w in timed if w.end is not None]
            end = max(ends) if ends else None
        if end is None and start is not None:
            self._notes.add("cue without an end; times dropped", detail=f"cue {len(self.drafts) + 1}")
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
            )
        )

    def _collect(self, element: ElementTree.Element, window: Window, parts: list[tuple[str, Window | None]]) -> None:
        own = window if _tag(element) == "span" and window.own else None
        parts.append((element.text or "", own))
        for child in element:
            if _tag(child) == "br":
                parts.append(("\ue000", None))  # stands for the break until space is collapsed
            elif _tag(child) == "span":
                self._collect(child, self._window(child, window), parts)
            parts.append((child.tail or "", own))


def _collapsed(text: str) -> str:
    """Runs of white space as one blank, none around line breaks (the default of xml:space)."""
    return re.sub(r" ?\ue000 ?", "\n", re.sub(r"[ \t\n]+", " ", text)).strip(" ")
