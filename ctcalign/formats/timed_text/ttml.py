"""TTML: any dialect is read (clock and offset times, frames, ticks, nested times, spans); IMSC 1.1 text is written."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import clock, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import TAG, unescaped
from ctcalign.formats.shared.reading.ttml_times import Rates, Window, has_absolute_times, own_times, rates_of
from ctcalign.formats.shared.reading.xml_tree import parse_xml, tag_of
from ctcalign.formats.shared.styled_runs import kept, runs
from ctcalign.formats.shared.timed_words import TimedText, words_of
from ctcalign.formats.shared.view import caption_rows, omission_note
from ctcalign.formats.shared.xml_text import attributes, xml_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ID = "{http://www.w3.org/XML/1998/namespace}id"


_ROOT = {
    "xmlns": "http://www.w3.org/ns/ttml",
    "xmlns:ttp": "http://www.w3.org/ns/ttml#parameter",
    "xmlns:tts": "http://www.w3.org/ns/ttml#styling",
    "xmlns:ttm": "http://www.w3.org/ns/ttml#metadata",
    "ttp:contentProfiles": "http://www.w3.org/ns/ttml/profile/imsc1.1/text",
    "ttp:timeBase": "media",
    "ttp:cellResolution": "32 15",
}
# White on black at the lower end of the safe area, as broadcasters show captions; a player may have its own style.
_HEAD = """  <styling>
   <style xml:id="caption" tts:fontFamily="proportionalSansSerif" tts:fontSize="80%" tts:lineHeight="125%" \
tts:textAlign="center" tts:color="#ffffff" tts:backgroundColor="#000000"/>
  </styling>
  <layout>
   <region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"/>
  </layout>
"""
_STYLES = {
    "i": ("tts:fontStyle", "italic"),
    "b": ("tts:fontWeight", "bold"),
    "u": ("tts:textDecoration", "underline"),
    "s": ("tts:textDecoration", "lineThrough"),
}


def render(alignment: Alignment) -> Rendered:
    """A document of the IMSC 1.1 text profile, one `<p>` for each cue, in a region at the lower end of the picture.

    Italics, bold, underlining and colours become spans, speakers become agents; captions in a right-to-left script are
    marked as such. A cue that was not placed is written at the time of the input file, if it has one. Words have no
    times here, since a span with times would hide the others.
    """
    rows = caption_rows(alignment)
    agents: dict[str, str] = {}
    out = []
    for number, (cue, start, end) in enumerate(rows.placed, 1):
        first, last = span_ticks(start, end, 1000)
        speaker = " ".join((cue.speaker or "").split())
        about = {
            "xml:id": f"c{number}",
            "begin": clock(first),
            "end": clock(last),
            "tts:direction": "rtl" if _is_rtl(cue.text) else None,
            "ttm:agent": agents.setdefault(speaker, f"s{len(agents) + 1}") if speaker else None,
        }
        out.append(f"   <p{attributes(about)}>{_content(cue)}</p>\n")
    people = "".join(
        f'   <ttm:agent xml:id="{key}" type="person"><ttm:name type="full">{xml_text(name)}</ttm:name></ttm:agent>\n'
        for name, key in agents.items()
    )
    metadata = f"  <metadata>\n{people}  </metadata>\n" if people else ""
    root = attributes(_ROOT | {"xml:lang": alignment.language or "", "xml:space": "preserve"})
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<tt{root}>\n <head>\n{metadata}{_HEAD} </head>\n'
        f' <body style="caption" region="bottom">\n  <div>\n{"".join(out)}  </div>\n </body>\n</tt>\n'
    )
    lost = [cue.index for cue in rows.unplaced]
    return Rendered(content, len(out), 0, sorted(lost + rows.blank), rows.notes + omission_note(lost))


def _content(cue: AlignedCue) -> str:
    """The text of a cue with its styles as spans."""
    parts = []
    for text, styles in runs(unescaped(cue.text)):
        about: dict[str, str | None] = {}
        for name, value in styles.items():
            key, word = _STYLES.get(name, ("tts:color", value))
            about[key] = f"{about[key]} {word}" if key in about else word  # keeps both decorations
        inner = "<br/>".join(xml_text(line) for line in text.split("\n"))
        parts.append(f"<span{attributes(about)}>{inner}</span>" if about else inner)
    return "".join(parts)


def _is_rtl(text: str) -> bool:
    """Whether the first letter with a direction is of a script that is written from right to left."""
    directions = (unicodedata.bidirectional(sign) for sign in TAG.sub("", text))
    return next((kind for kind in directions if kind in ("L", "R", "AL")), "L") != "L"


_BREAK = "\ue000"  # stands for <br/> until white space is collapsed
_LYRICS = re.compile(r"itunes:timing|music\.apple\.com|xmlns:amll")
_BESIDE = re.compile(r"x-(?P<kind>trans|roman)")  # roles of spans that are not sung


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per <p>, <br/> as line break; region and styles become its `attributes`, the head becomes the header.

    Italic, bold, underlined, struck and coloured spans are tags of the text.

    A <p> without times gets those of its spans; spans with times that hold one word each, or a syllable, are words. In
    the lyrics of Apple and AMLL nested times count from zero, translations and romanisations are attributes, and
    background vocals a separate line.

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
    reader = _Reader(rates, _agents(root), _styles(root), notes, absolute)
    head = re.search(r"<((?:\w+:)?head)\b[^>]*>.*?</\1>", source.text, re.S)
    if head is not None and re.search(r"<(?:\w+:)?(?:style|region)\b", head[0]) and _HEAD not in head[0]:
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


def _styles(root: Element) -> dict[str, Element]:
    """The style elements of the head by their ids."""
    return {
        str(element.get(_ID)): element for element in root.iter() if tag_of(element) == "style" and element.get(_ID)
    }


class _Part(NamedTuple):
    """A part of a paragraph: text and the time of its span, or a `tag`, which belongs to no word."""

    text: str
    window: Window | None = None
    tag: bool = False


class _Reader:
    def __init__(
        self, rates: Rates, agents: dict[str, str], styles: dict[str, Element], notes: Notes, absolute: bool
    ) -> None:
        self.drafts: list[Draft] = []
        self._rates = rates
        self._agents = agents
        self._styles = styles
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
        parts: list[_Part] = []
        beside: dict[str, str] = {}
        self._collect(element, window, parts, beside)
        timed = [(part.text, part.window) for part in parts if part.window is not None and part.text.strip()]
        if any(text != text.strip() for text, _ in timed):  # spans hold their spaces: lines between them are layout
            parts = [part for part in parts if part.text.strip() or "\n" not in part.text]
        text = "".join(part.text for part in parts)
        start, end = (window.start, window.end) if window.timed else (None, None)
        if not window.own and timed:
            start = min(w.start for _, w in timed)
            ends = [w.end for _, w in timed if w.end is not None]
            end = max(ends) if ends else None
        self.drafts.append(
            Draft(
                text.replace(_BREAK, "\n") if preserve else _collapsed(text),
                start,
                end,
                id=element.get(_ID) or element.get("id"),
                speaker=self._agents.get(agent, agent) if agent else None,
                words=_words(parts),
                attributes=_layout(element) | beside,
            )
        )

    def _collect(self, element: Element, window: Window, parts: list[_Part], beside: dict[str, str]) -> None:
        own = window if tag_of(element) == "span" and window.own else None
        parts.append(_Part(element.text or "", own))
        for child in element:
            if tag_of(child) == "br":
                parts.append(_Part(_BREAK))
            elif tag_of(child) == "span":
                role = _attribute(child, "role") or ""
                kind = _BESIDE.match(role)
                if kind is not None:
                    language = child.get(_LANGUAGE)
                    name = "translation" if kind["kind"] == "trans" else "romanisation"
                    beside[name + (f" {language}" if language else "")] = _collapsed("".join(child.itertext()))
                    self.beside += 1
                elif role == "x-bg":
                    parts.append(_Part(_BREAK))
                    self._collect(child, self._window(child, window), parts, beside)
                    parts.append(_Part(_BREAK if (child.tail or "").strip() else ""))
                else:
                    tags = self._tags(child)
                    parts += [_Part(f"<{tag}>", tag=True) for tag in tags]
                    self._collect(child, self._window(child, window), parts, beside)
                    parts += [_Part(f"</{tag.split()[0]}>", tag=True) for tag in reversed(tags)]
            parts.append(_Part(child.tail or "", own))

    def _tags(self, span: Element) -> list[str]:
        """Tags, without brackets, for the styles of a span and those that it refers to."""
        found: dict[str, str] = {}
        for element in [*(self._styles.get(key) for key in (_attribute(span, "style") or "").split()), span]:
            if element is not None:
                found |= {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        decorations = found.get("textDecoration", "").split()
        tags = ["i"] * (found.get("fontStyle") in ("italic", "oblique")) + ["b"] * (found.get("fontWeight") == "bold")
        tags += [tag for tag, name in (("u", "underline"), ("s", "lineThrough")) if name in decorations]
        colour = re.fullmatch(r"(#[0-9a-fA-F]{6})(?:[fF]{2})?", found.get("color", ""))
        named = colour[1].lower() if colour else _WHITE
        return tags + ([f'font color="{named}"'] if named != _WHITE else [])


def _words(parts: list[_Part]) -> list[CueWord]:
    """The words of timed spans that hold a word or a syllable each; none if a span holds several."""
    timed = [part for part in parts if part.window is not None and part.text.strip()]
    if not timed or any(len(part.text.split()) != 1 for part in timed):
        return []
    texts = [
        TimedText(part.text.replace(_BREAK, "\n"), w.start if w else None, w.end if w else None)
        for part in parts
        if not part.tag
        for w in [part.window]
    ]
    return [word for word in words_of(texts) if word.start is not None or word.end is not None]


_NO_LAYOUT = frozenset({"begin", "end", "dur", "id", "space", "lang", "agent", "role", "key", "direction"})
_WHITE = "#ffffff"  # default colour of captions
_TAGS = frozenset({"fontStyle", "fontWeight", "textDecoration", "color", "style"})  # of spans: see `_Reader._tags`


def _layout(element: Element) -> dict[str, str]:
    """Region and styles of a <p>; "span styles" names those of its spans."""
    out = {name: value for key, value in element.attrib.items() if (name := key.rpartition("}")[2]) not in _NO_LAYOUT}
    spans = (span for span in element.iter() if span is not element)
    inner = {
        name for span in spans for key in span.attrib if (name := key.rpartition("}")[2]) not in _NO_LAYOUT | _TAGS
    }
    return out | ({"span styles": " ".join(sorted(inner))} if inner else {})


def _collapsed(text: str) -> str:
    """White space by the default of xml:space: one blank for each run, none around line breaks."""
    return re.sub(f" ?{_BREAK} ?", "\n", re.sub(r"[ \t\n]+", " ", text)).strip(" ").removeprefix("\n")


def _matches(source: Source) -> bool:
    head = source.head
    return bool(re.match(r"<\?xml|<(?:\w+:)?tt[\s>]", head) and re.search(r"<(?:\w+:)?tt[\s>]", head[:20000]))


FORMAT = Format(
    "ttml",
    (".ttml",),
    "TTML captions of the IMSC 1.1 text profile",
    read,
    render,
    aliases=("dfxp", "xml", "imsc"),
    more_extensions=(".dfxp", ".xml", ".itt"),
    resolution=1e-3,
    keeps=frozenset({"markup", "speakers"}),
    tag=kept,
    evidence="header",
    matches=_matches,
)
