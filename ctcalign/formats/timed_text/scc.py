"""SCC (Scenarist): CEA-608 captions of North American broadcasts, read and written by the library ttconv (BSD).

The format shows one caption at a time, in at most four rows of 32 Latin characters, and needs a frame of 1/29.97 s for
every two characters: a caption is sent before it is shown.
"""

from __future__ import annotations

import logging
import math
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import CaptionError
from ctcalign.extras import require
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import TAG, unescaped
from ctcalign.formats.shared.view import caption_rows, counted, listed, omission_note
from ctcalign.formats.subtitles.limits import SubtitleLimits, limited

_RATE = Fraction(30000, 1001)  # frames per second; the time codes are those of drop-frame
_COLUMNS, _ROWS = 32, 4
_CONTROL = 4  # bytes of a control code, which is sent twice
_SHOWN = 2  # frames from the last code of a caption to the earliest next code
_BATCH = 100  # cues that are encoded at once: the library's time grows with the square of their number
# Typographic characters and their replacements in CEA-608.
_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-"}
    | {"‑": "-", "−": "-", "…": "...", "♫": "♪", "\u2060": "", "\u200b": ""}
    | dict.fromkeys("\t\u00a0\u2007\u2009\u202f\u3000", " ")
)


@dataclass
class _Shown:
    """A caption with its frames."""

    index: int
    rows: list[str]
    start: int
    end: int

    @property
    def load(self) -> int:
        """Frames from the first code of the caption to its appearance."""
        size = 2 * _CONTROL
        for row in self.rows:
            size += size % 2 + _CONTROL + (_COLUMNS - len(row)) // 2 % 4 + sum(len(_bytes(sign)) for sign in row) + 1
        return math.ceil((size + _CONTROL) / 2)


def render(alignment: Alignment) -> Rendered:
    """Pop-on captions at the bottom centre, times in drop-frame code, lines divided so that they fit.

    A caption that follows another one faster than it can be sent appears later, and one that overlaps the next
    ends before it; notes count both. Characters that CEA-608 lacks are replaced by similar ones or left out.

    Raises:
        MissingPackageError: ttconv is not installed.
    """
    require("ttconv")
    cues = [
        replace(cue, text=_latin(cue.text), words=[replace(word, text=_latin(word.text)) for word in cue.words])
        for cue in alignment.cues
    ]
    changed = [cue.index for cue in alignment.cues if _lacks(cue.text)]
    limits = SubtitleLimits(max_line_length=_COLUMNS, max_lines=_ROWS)
    fitting, _ = limited(replace(alignment, cues=cues), limits)  # its notes are about words that are cut below
    rows = caption_rows(fitting)
    shown: list[_Shown] = []
    for cue, start, end in rows.placed:
        lines = _cut(cue.text)
        parts = [lines[k : k + _ROWS] for k in range(0, len(lines), _ROWS)]
        count = max(len(parts), 1)
        edges = [round((start + (end - start) * k / count) * _RATE) for k in range(len(parts) + 1)]
        shown += [
            _Shown(cue.index, part, first, max(last, first + 1))
            for part, (first, last) in zip(parts, pairwise(edges), strict=True)
        ]
    late, short = _spaced(shown)
    written = {one.index for one in shown}
    gone = sorted({cue.index for cue, _, _ in rows.placed} - written)
    unplaced = [cue.index for cue in rows.unplaced]
    notes = rows.notes
    for indices, what in (
        (changed, "with characters that CEA-608 lacks"),
        (late, "shown later, since CEA-608 carries two characters a frame"),
        (short, "that overlapped the next one and ends before it"),
    ):
        if indices:
            notes.append(f"{counted(len(set(indices)), 'cue')} {what}: {listed(sorted(set(indices)))}")
    notes += omission_note(unplaced) + omission_note(gone, "have nothing that CEA-608 can show")
    return Rendered(_encoded(shown), len(written), 0, sorted({*unplaced, *rows.blank, *gone}), notes)


def _latin(text: str) -> str:
    """The text without tags, in the characters of CEA-608; letters that it lacks lose their accents."""
    out = ""
    for sign in _prepared(text):
        if sign == "\n" or _has(sign):
            out += sign
        else:
            bare = (one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
            out += "".join(one for one in bare if _has(one))
    return "\n".join(row for line in out.split("\n") if (row := " ".join(line.split())))


def _lacks(text: str) -> bool:
    """Whether a text has visible characters that CEA-608 lacks; direction marks are invisible."""
    return any(sign != "\n" and unicodedata.category(sign) != "Cf" and not _has(sign) for sign in _prepared(text))


def _prepared(text: str) -> str:
    bare = TAG.sub(lambda tag: "\n" if (tag["name"] or "").lower() == "br" else "", unescaped(text))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def _has(sign: str) -> bool:
    return sign == " " or _bytes(sign) != b" "


@lru_cache(maxsize=4096)
def _bytes(sign: str) -> bytes:
    """The code of a character; the code of a space if CEA-608 lacks the character."""
    from ttconv.scc.codes.characters import unicode_to_scc

    return bytes(unicode_to_scc(sign))


def _cut(text: str) -> list[str]:
    """Rows of at most 32 characters; a longer word is cut."""
    return [row[k : k + _COLUMNS] for row in text.split("\n") for k in range(0, len(row), _COLUMNS)]


def _spaced(shown: list[_Shown]) -> tuple[list[int], list[int]]:
    """Move captions that cannot be sent in time, end those that overlap; returns the indices of both kinds."""
    late, short = [], []
    earliest = 0
    for one in shown:
        earliest += one.load + _SHOWN
        if one.start < earliest:
            late.append(one.index)
            one.start, one.end = earliest, max(one.end, earliest + 1)
        earliest = one.start + _SHOWN
    for one, following in pairwise(shown):
        if one.end > following.start:
            short.append(one.index)
            one.end = following.start
    return late, short


def _encoded(shown: list[_Shown]) -> str:
    """The file: a header, then time codes and bytes, in batches between which the channel is free."""
    from ttconv.scc.config import SccWriterConfiguration
    from ttconv.scc.writer import from_model

    header, bodies = "Scenarist_SCC V1.0", []
    with _silent():
        for batch in _batches(shown):
            header, _, body = from_model(_model(batch), SccWriterConfiguration(force_popon=True)).partition("\n\n")
            bodies.append(body)
    return "\n\n".join([header, *bodies]) + "\n"


@contextmanager
def _silent() -> Iterator[None]:
    """Suppress the library's warnings about captions that look like roll-up captions."""
    logger = logging.getLogger("ttconv")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _batches(shown: list[_Shown]) -> Iterator[list[_Shown]]:
    batch: list[_Shown] = []
    for one in shown:
        if len(batch) >= _BATCH and one.start - one.load - 2 * _SHOWN > batch[-1].end:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _model(shown: list[_Shown]) -> Any:
    from ttconv import model
    from ttconv.style_properties import StyleProperties, TextAlignType

    document = model.ContentDocument()
    region = model.Region("r1", document)
    document.put_region(region)
    body, div = model.Body(document), model.Div(document)
    document.set_body(body)
    body.set_region(region)
    body.push_child(div)
    for one in shown:
        paragraph = model.P(document)
        paragraph.set_begin(one.start / _RATE)
        paragraph.set_end(one.end / _RATE)
        paragraph.set_style(StyleProperties.TextAlign, TextAlignType.center)
        for number, row in enumerate(one.rows):
            if number:
                paragraph.push_child(model.Br(document))
            span = model.Span(document)
            span.push_child(model.Text(document, row))
            paragraph.push_child(span)
        div.push_child(paragraph)
    return document


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue for each caption of the first channel: pop-on, roll-up or paint-on. Italics are tags of the text.

    Raises:
        CaptionError: not SCC, or damaged.   MissingPackageError: ttconv is not installed.
    """
    require("ttconv")
    from ttconv.scc.config import SccReaderConfiguration, TextAlignment
    from ttconv.scc.reader import to_model

    if not _matches(source):
        raise CaptionError(f'{source.name}: expected SCC, which begins with "Scenarist_SCC"')
    try:
        with _silent():
            document = to_model(source.text, SccReaderConfiguration(text_align=TextAlignment.CENTER))
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise CaptionError(f"{source.name}: damaged SCC: {error or type(error).__name__}; export it again") from error
    body = document.get_body()
    drafts = []
    for paragraph in [one for div in body or () for one in div]:
        start, end = paragraph.get_begin(), paragraph.get_end()
        text = "\n".join(" ".join(row.split()) for row in _text(paragraph).split("\n"))
        if text.strip():
            drafts.append(Draft(text, _seconds(start), _seconds(end)))
    if drafts and min(draft.start or 0.0 for draft in drafts) >= 3600:
        notes.add("times begin after an hour, as on tapes; they are used as they are in the file")
    return drafts


def _text(element: Any) -> str:
    from ttconv import model
    from ttconv.style_properties import FontStyleType, StyleProperties

    if isinstance(element, model.Text):
        return str(element.get_text())
    if isinstance(element, model.Br):
        return "\n"
    text = "".join(_text(child) for child in element)
    slanted = isinstance(element, model.Span) and element.get_style(StyleProperties.FontStyle) == FontStyleType.italic
    return f"<i>{text.strip()}</i>" if slanted and text.strip() else text


def _seconds(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _matches(source: Source) -> bool:
    return source.head.startswith("Scenarist_SCC")


FORMAT = Format(
    "scc",
    (".scc",),
    "SCC: CEA-608 captions of 32 columns",
    read,
    render,
    aliases=("cea-608", "scenarist"),
    resolution=float(1 / _RATE),
    tag=lambda tag: "",
    evidence="header",
    matches=_matches,
    needs=("ttconv",),
)
