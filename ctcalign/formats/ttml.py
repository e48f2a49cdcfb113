"""TTML and DFXP captions: clock and offset times, frames, ticks, nested times, spans and line breaks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.formats.shared.reading.ttml_times import Rates, Window, has_absolute_times, own_times, rates_of
from ctcalign.formats.shared.reading.xml_tree import parse_xml, tag_of
from ctcalign.formats.shared.timed_words import TimedText, words_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ID = "{http://www.w3.org/XML/1998/namespace}id"


_LYRICS = re.compile(r"itunes:timing|music\.apple\.com|xmlns:amll")
_BESIDE = re.compile(r"x-(?P<kind>trans|roman)")  # roles of spans that are not sung


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per <p>, <br/> as line break; region and styles become its `attributes`, the head becomes the header.

    A <p> without times gets those of its spans; spans with times that hold one word each, or a syllable, are words. In
    the lyrics of Apple and AMLL nested times count from zero, translations and romanisations are attributes, and
    background vocals a line of their own.

    Raises:
        CaptionError: not well-formed XML.
    """
    root = parse_xml(source)
    if tag_of(root) != "tt":
        raise CaptionError(f"{source.name}: expected TTML, got XML with the root <{tag_of(root)}>")
    rates = rates_of(root)
    lyrics = _LYRICS.search(source.text[:4000]) is not None
    absolute = has_absolute_times(root, rates, lyrics=lyrics)
    if absolute and not lyrics:
        notes.add("times of nested elements do not fit into their parents; read as counted from zero")
    reader = _Reader(rates, _agents(root), notes, absolute)
    head = re.search(r"<((?:\w+:)?head)\b[^>]*>.*?</\1>", source.text, re.S)
    if head is not None and re.search(r"<(?:\w+:)?(?:style|region)\b", head[0]):
        source.beside.header = head[0]
    body = next((child for child in root if tag_of(child) == "body"), None)
    if body is not None:
        reader.walk(body, Window(0.0, None), root.get(_SPACE) == "preserve", None)
    if reader.beside:
        notes.add("translations and romanisations are kept beside the text", detail=f"{reader.beside} lines")
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
    def __init__(self, rates: Rates, agents: dict[str, str], notes: Notes, absolute: bool) -> None:
        self.drafts: list[Draft] = []
        self._rates = rates
        self._agents = agents
        self._notes = notes
        self._absolute = absolute
        self.beside = 0  # spans that are kept as attributes

    def walk(self, element: Element, parent: Window, preserve: bool, agent: str | None) -> Window:
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
                at = Window(done.end, window.end, window.timed)
        return window

    def _window(self, element: Element, parent: Window) -> Window:
        window, broken = own_times(element.attrib, parent, self._rates, absolute=self._absolute)
        if broken:
            self._notes.add("unreadable times", detail=f"cue {len(self.drafts) + 1}: {broken}")
        return window

    def _cue(self, element: Element, window: Window, preserve: bool, agent: str | None) -> None:
        parts: list[tuple[str, Window | None]] = []
        beside: dict[str, str] = {}
        self._collect(element, window, parts, beside)
        timed = [(text, w) for text, w in parts if w is not None and text.strip()]
        if any(text != text.strip() for text, _ in timed):  # spans hold their blanks: lines between them are layout
            parts = [(text, w) for text, w in parts if text.strip() or "\n" not in text]
        text = "".join(text for text, _ in parts)
        start, end = (window.start, window.end) if window.timed else (None, None)
        if not window.own and timed:
            start = min(w.start for _, w in timed)
            ends = [w.end for _, w in timed if w.end is not None]
            end = max(ends) if ends else None
        self.drafts.append(
            Draft(
                text if preserve else _collapsed(text),
                start,
                end,
                id=element.get(_ID) or element.get("id"),
                speaker=self._agents.get(agent, agent) if agent else None,
                words=_words(parts),
                attributes=_layout(element) | beside,
            )
        )

    def _collect(
        self, element: Element, window: Window, parts: list[tuple[str, Window | None]], beside: dict[str, str]
    ) -> None:
        own = window if tag_of(element) == "span" and window.own else None
        parts.append((element.text or "", own))
        for child in element:
            if tag_of(child) == "br":
                parts.append(("\ue000", None))  # stands for the break until space is collapsed
            elif tag_of(child) == "span":
                role = _attribute(child, "role") or ""
                kind = _BESIDE.match(role)
                if kind is not None:
                    language = child.get(_LANGUAGE)
                    name = "translation" if kind["kind"] == "trans" else "romanisation"
                    beside[name + (f" {language}" if language else "")] = _collapsed("".join(child.itertext()))
                    self.beside += 1
                elif role == "x-bg":
                    parts.append(("\ue000", None))
                    self._collect(child, self._window(child, window), parts, beside)
                    parts.append(("\ue000" if (child.tail or "").strip() else "", None))
                else:
                    self._collect(child, self._window(child, window), parts, beside)
            parts.append((child.tail or "", own))


def _words(parts: list[tuple[str, Window | None]]) -> list[CueWord]:
    """The words of timed spans that hold a word or a syllable each; none if a span holds several."""
    timed = [(text, w) for text, w in parts if w is not None and text.strip()]
    if not timed or any(len(text.split()) != 1 for text, _ in timed):
        return []
    texts = [TimedText(text.replace("\ue000", "\n"), w.start if w else None, w.end if w else None) for text, w in parts]
    return [word for word in words_of(texts) if word.start is not None or word.end is not None]


_NO_LAYOUT = frozenset({"begin", "end", "dur", "id", "space", "lang", "agent", "role", "key"})


def _layout(element: Element) -> dict[str, str]:
    """Region and styles of a <p>; "span styles" names those of its spans."""
    out = {name: value for key, value in element.attrib.items() if (name := key.rpartition("}")[2]) not in _NO_LAYOUT}
    spans = (span for span in element.iter() if span is not element)
    inner = {name for span in spans for key in span.attrib if (name := key.rpartition("}")[2]) not in _NO_LAYOUT}
    return out | ({"span styles": " ".join(sorted(inner))} if inner else {})


def _collapsed(text: str) -> str:
    """White space by the default of xml:space: one blank for each run, none around line breaks."""
    return re.sub(r" ?\ue000 ?", "\n", re.sub(r"[ \t\n]+", " ", text)).strip(" ").removeprefix("\n")


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
