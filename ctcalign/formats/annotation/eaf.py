"""EAF of ELAN: a tier of cues for each speaker, and inside it a tier of words."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePath, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import number, span_ticks, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.tiers import CUE_TIER, PHONE_TIER, WORD_TIER, Tier, cues_of_tiers
from ctcalign.formats.shared.reading.xml_tree import parse_xml, tag_of
from ctcalign.formats.shared.tier_names import TierNames, own_groups, prefixed
from ctcalign.formats.shared.view import counted, omission_note, placed_cues
from ctcalign.formats.shared.xml_text import attributes, xml_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ROOT = {
    "AUTHOR": "ctcalign",
    "DATE": "1970-01-01T00:00:00+00:00",  # the schema requires a date; a constant one keeps output reproducible
    "FORMAT": "3.0",
    "VERSION": "3.0",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
}
_TYPES = """ <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="cue" TIME_ALIGNABLE="true"/>
 <LINGUISTIC_TYPE CONSTRAINTS="Included_In" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="word" TIME_ALIGNABLE="true"/>
 <CONSTRAINT DESCRIPTION="Time alignable annotations within the parent annotation's time interval, gaps are allowed" \
STEREOTYPE="Included_In"/>
"""
# Units of TIME_UNITS in a second; milliseconds is what ELAN writes.
_UNITS = {"milliseconds": 1000.0, "PAL-frames": 25.0, "NTSC-frames": 30000 / 1001}
_SINGLE = 0.9  # fraction of annotations without a space from which a dependent tier counts as a tier of words


@dataclass
class _Annotation:
    """Milliseconds and text of an annotation."""

    start: int
    end: int
    text: str


@dataclass
class _Lane:
    """Cues that do not overlap, and their words: a tier and the tier below it."""

    names: TierNames
    speaker: str
    cues: list[_Annotation] = field(default_factory=list)
    words: list[_Annotation] = field(default_factory=list)


def render(alignment: Alignment) -> Rendered:
    """Times in milliseconds, a tier of cues and one of words for each speaker, who is its PARTICIPANT.

    Tiers keep the names of an input EAF or TextGrid. A tier cannot hold overlaps: a cue that overlaps another one of
    the same tier is put into an additional tier ("cues-2").
    """
    placed, lost = placed_cues(alignment)
    blank = [cue.index for cue, _, _ in placed if not plain(cue.text)]
    placed = [row for row in placed if plain(row[0].text)]
    lanes: list[_Lane] = []
    taken: set[str] = set()
    written, crowded = 0, 0
    for names, speaker, cues in _groups(alignment, [cue for cue, _, _ in placed]):
        own: list[_Lane] = []
        for cue in cues:
            if cue.span is None:
                continue
            first, last = span_ticks(*cue.span, 1000)
            lane = next((one for one in own if one.cues[-1].end <= first), None)
            if lane is None:
                lane = _Lane(_free(names, taken), speaker)
                own.append(lane)
            lane.cues.append(_Annotation(first, last, plain(cue.text)))
            words, left_out = _inside(cue.words, first, last)
            lane.words += words
            written, crowded = written + len(words), crowded + left_out
        lanes += own
    notes = omission_note(lost) + omission_note(blank, "have no text")
    if crowded:
        notes.append(f"{counted(crowded, 'word')} without room in the cue: omitted")
    return Rendered(_document(alignment, lanes), len(placed), written, sorted(lost + blank), notes)


def _groups(alignment: Alignment, cues: list[AlignedCue]) -> list[tuple[TierNames, str, list[AlignedCue]]]:
    """Cues by tier, with the speaker of each tier: as in the input, else by speaker."""
    if alignment.source is not None and alignment.source.format in ("eaf", "textgrid"):
        own = own_groups(cues)
        if own:
            return [(names, _speaker(members), members) for names, members in own]
    speakers = list(dict.fromkeys(_name(cue) for cue in cues))
    if len(speakers) < 2:
        return [(TierNames(), speaker, cues) for speaker in speakers]
    unknown = "unknown"
    while unknown in speakers:
        unknown += " speaker"
    return [
        (prefixed(speaker or unknown), speaker, [cue for cue in cues if _name(cue) == speaker]) for speaker in speakers
    ]


def _name(cue: AlignedCue) -> str:
    return " ".join((cue.speaker or "").split())


def _speaker(cues: list[AlignedCue]) -> str:
    """The speaker of all cues, "" if there are several."""
    names = {_name(cue) for cue in cues}
    return names.pop() if len(names) == 1 else ""


def _free(names: TierNames, taken: set[str]) -> TierNames:
    """The names with a number if they are taken."""
    found, count = names, 1
    while taken & {found.cues, found.words}:
        count += 1
        found = TierNames(*(f"{name}-{count}" for name in names))
    taken |= {found.cues, found.words}
    return found


def _inside(words: list[AlignedWord], first: int, last: int) -> tuple[list[_Annotation], int]:
    """The spoken words as annotations inside [first, last) without overlap, and the number of those that do not fit."""
    out: list[_Annotation] = []
    at, left_out = first, 0
    for word in words:
        text = plain(word.text)
        if word.span is None or word.status == "not_spoken" or not text:
            continue
        start, end = (min(max(ticks(time, 1000), at), last) for time in word.span)
        end = max(end, min(start + 1, last))
        if end <= start:
            left_out += 1
            continue
        out.append(_Annotation(start, end, text))
        at = end
    return out, left_out


def _document(alignment: Alignment, lanes: list[_Lane]) -> str:
    above = [(lane, "cue", lane.names.cues, None, lane.cues) for lane in lanes]
    below = [(lane, "word", lane.names.words, lane.names.cues, lane.words) for lane in lanes if lane.words]
    rows = [row for *_, inside in above + below for row in inside]
    edges = sorted((time, row, end) for row, one in enumerate(rows) for end, time in enumerate((one.start, one.end)))
    slots = {(row, end): f"ts{place}" for place, (_, row, end) in enumerate(edges, 1)}
    order = "".join(
        f'  <TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{time}"/>\n' for n, (time, _, _) in enumerate(edges, 1)
    )
    tiers, row = [], 0
    for lane, kind, name, parent, inside in above + below:
        about = {"LINGUISTIC_TYPE_REF": kind, "PARENT_REF": parent, "PARTICIPANT": lane.speaker, "TIER_ID": name}
        body = ""
        for one in inside:
            refs = {"ANNOTATION_ID": f"a{row + 1}", "TIME_SLOT_REF1": slots[row, 0], "TIME_SLOT_REF2": slots[row, 1]}
            body += (
                f"  <ANNOTATION><ALIGNABLE_ANNOTATION{attributes(refs)}>"
                f"<ANNOTATION_VALUE>{xml_text(one.text)}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n"
            )
            row += 1
        tiers.append(f" <TIER{attributes(about)}>\n{body} </TIER>\n")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT{attributes(_ROOT)}>\n'
        f' <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n{_media(alignment.audio)}'
        f'  <PROPERTY NAME="lastUsedAnnotationId">{len(rows)}</PROPERTY>\n </HEADER>\n'
        f" <TIME_ORDER>\n{order} </TIME_ORDER>\n{''.join(tiers)}{_TYPES}</ANNOTATION_DOCUMENT>\n"
    )


def _media(audio: str) -> str:
    """The recording: its path as a URL, and its name for a file beside this one."""
    if not audio or audio == "-":
        return ""
    path: PurePath = PureWindowsPath(audio) if "\\" in audio else PurePath(audio)
    url = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    kind = mimetypes.guess_type(path.name)[0] or "unknown"
    about = {"MEDIA_URL": url, "MIME_TYPE": kind, "RELATIVE_MEDIA_URL": f"./{quote(path.name)}"}
    return f"  <MEDIA_DESCRIPTOR{attributes(about)}/>\n"


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of the tiers that depend on no other, with the words of time-aligned tiers below them.

    The speaker is the PARTICIPANT of a tier, else the part of its name after "@". A tier below another holds words if
    its name says so or nearly all its annotations are single words. A text tier that is associated with a tier of
    references ("tx@Ann" with "ref@Ann") gets its times. Other dependent tiers are not read, with a note.

    Raises:
        CaptionError: not well-formed XML, or XML of another kind.
    """
    root = parse_xml(source)
    if tag_of(root) != "annotation_document":
        raise CaptionError(f"{source.name}: expected an EAF file of ELAN, got XML with the root <{tag_of(root)}>")
    document = _Document(root)
    for element in root.iter():
        if tag_of(element) == "media_descriptor" and (number(element.get("TIME_ORIGIN", "0")) or 0) != 0:
            notes.add("TIME_ORIGIN of the recording is not applied; times are used as they are in the file")
    tiers, unread = document.tiers()
    if unread:
        notes.add("tiers not read", detail=", ".join(repr(name) for name in unread))
    drafts = cues_of_tiers(tiers, notes)
    if document.unreadable:
        notes.add("annotations without a time", detail=str(document.unreadable))
    return drafts


class _Document:
    """The tiers of a document, with the times of their annotations."""

    def __init__(self, root: Element) -> None:
        header = next((child for child in root if tag_of(child) == "header"), None)
        unit = _UNITS.get(header.get("TIME_UNITS", "") if header is not None else "", 1000.0)
        self._slots: dict[str, float | None] = {}
        for slot in root.iter():
            if tag_of(slot) == "time_slot":
                value = number(slot.get("TIME_VALUE", ""))
                self._slots[slot.get("TIME_SLOT_ID", "")] = None if value is None else value / unit
        self._constraints = {
            child.get("LINGUISTIC_TYPE_ID", ""): child.get("CONSTRAINTS", "")
            for child in root
            if tag_of(child) == "linguistic_type"
        }
        self._tiers = {child.get("TIER_ID", ""): child for child in root if tag_of(child) == "tier"}
        self._times: dict[str, tuple[float, float]] = {}  # times of alignable annotations by their ids
        self.unreadable = 0
        self._rows = {name: self._alignable(tier) for name, tier in self._tiers.items()}

    def tiers(self) -> tuple[list[Tier], list[str]]:
        """Tiers of cues and of words, and the names of the others that have annotations."""
        roots = {name: Tier(name, True, self._rows[name], self._speaker(name)) for name in self._tiers}
        unread = []
        words: dict[str, Tier] = {}
        texts: dict[str, Tier] = {}
        for name, tier in self._tiers.items():
            top = self._top(name)
            base = name.partition("@")[0]
            if top == name:
                if WORD_TIER.search(base):
                    roots[name].kind = "words"
                elif CUE_TIER.search(base) or tier.get("PARTICIPANT"):
                    roots[name].kind = "cues"
                continue
            if (
                self._constraint(tier) in ("Time_Subdivision", "Included_In")
                and top not in words
                and self._has_words(name)
            ):
                words[top] = Tier(name, True, self._rows[name], self._speaker(name) or self._speaker(top), top, "words")
            elif self._constraint(tier) == "Symbolic_Association" and top not in texts and _is_text(base, top):
                texts[top] = Tier(
                    name, True, self._associated(tier), self._speaker(name) or self._speaker(top), None, "cues"
                )
            elif len(tier):
                unread.append(name)
        out = []
        for top in (name for name in self._tiers if self._top(name) == name):
            cues = texts.get(top, roots[top])
            out.append(cues)
            if top in words:
                cues.kind = "cues"
                words[top].parent = cues.name
                out.append(words[top])
        return out, unread

    def _constraint(self, tier: Element) -> str:
        return self._constraints.get(tier.get("LINGUISTIC_TYPE_REF", ""), "").replace(" ", "_")

    def _top(self, name: str) -> str:
        """The topmost tier that a tier depends on; the tier itself if it depends on none."""
        seen = {name}
        while (parent := self._tiers[name].get("PARENT_REF", "")) in self._tiers and parent not in seen:
            seen.add(parent)
            name = parent
        return name

    def _speaker(self, name: str) -> str | None:
        given = self._tiers[name].get("PARTICIPANT")
        if given is None and "@" in name:
            given = name.rpartition("@")[2]
        return None if given is None else " ".join(given.split())

    def _has_words(self, name: str) -> bool:
        base = name.partition("@")[0]
        texts = [text.strip() for _, _, text in self._rows[name] if text.strip()]
        single = sum(len(text.split()) == 1 for text in texts)
        return WORD_TIER.search(base) is not None or (
            not PHONE_TIER.search(base) and bool(texts) and single >= _SINGLE * len(texts)
        )

    def _alignable(self, tier: Element) -> list[tuple[float, float, str]]:
        found = [one for one in tier.iter() if tag_of(one) == "alignable_annotation"]
        chain = [one.get(key, "") for one in found for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]
        self._fill(list(dict.fromkeys(chain)))
        rows = []
        for one in found:
            start, end = (self._slots.get(one.get(key, "")) for key in ("TIME_SLOT_REF1", "TIME_SLOT_REF2"))
            if start is None or end is None:
                self.unreadable += 1
                continue
            self._times[one.get("ANNOTATION_ID", "")] = (start, end)
            rows.append((start, end, _value(one)))
        return sorted(rows, key=lambda row: row[0])

    def _fill(self, chain: list[str]) -> None:
        """Give slots without a time the times between their neighbours in a tier, evenly, as ELAN shows them."""
        known = [k for k, slot in enumerate(chain) if self._slots.get(slot) is not None]
        for a, b in pairwise(known):
            first, last = self._slots[chain[a]] or 0.0, self._slots[chain[b]] or 0.0
            for k in range(a + 1, b):
                self._slots[chain[k]] = first + (last - first) * (k - a) / (b - a)

    def _associated(self, tier: Element) -> list[tuple[float, float, str]]:
        """The annotations of a tier that refers to annotations with times, at these times."""
        rows = []
        for one in tier.iter():
            times = self._times.get(one.get("ANNOTATION_REF", "")) if tag_of(one) == "ref_annotation" else None
            if times is not None:
                rows.append((*times, _value(one)))
        return sorted(rows, key=lambda row: row[0])


def _is_text(base: str, top: str) -> bool:
    """Whether, by their names, a tier holds the text for a tier above it that has no text."""
    return (base == "tx" or CUE_TIER.search(base) is not None) and not CUE_TIER.search(top.partition("@")[0])


def _value(annotation: Element) -> str:
    return "".join((child.text or "") for child in annotation if tag_of(child) == "annotation_value")


def _matches(source: Source) -> bool:
    return "<ANNOTATION_DOCUMENT" in source.head[:2000]


FORMAT = Format(
    "eaf",
    (".eaf",),
    "EAF of ELAN: words and cues of each speaker",
    read,
    render,
    aliases=("elan",),
    resolution=1e-3,
    keeps=frozenset({"words", "word_ends", "speakers"}),
    restores={"eaf": frozenset({"tiers"}), "textgrid": frozenset({"tiers"})},
    evidence="header",
    matches=_matches,
)
