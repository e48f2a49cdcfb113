"""Input of the writers from an alignment: cues in time order, cues without times, and texts split at words."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats.shared.mark_up import TAG, plain
from ctcalign.formats.shared.unspoken import settled


def listed(numbers: Iterable[int], most: int = 8) -> str:
    """The first few of many numbers, for a note.

    >>> listed(range(20), most=3)
    '0, 1, 2, ... (20 in all)'
    """
    every = list(numbers)
    shown = ", ".join(str(number) for number in every[:most])
    return shown if len(every) <= most else f"{shown}, ... ({len(every)} in all)"


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "cue"), counted(2, "cue"), counted(2, "stretch")
    ('1 cue', '2 cues', '2 stretches')
    """
    plural = "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count} {noun}" + ("" if count == 1 else plural)


@dataclass
class Rows:
    """The cues of a caption file.

    `placed` is sorted by start (stable), `unplaced` without any time, `blank` holds the `index` of those without a text
    to show.
    """

    placed: list[tuple[AlignedCue, float, float]] = field(default_factory=list)
    unplaced: list[AlignedCue] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def caption_rows(alignment: Alignment, *, own: bool = False, blank: bool = False) -> Rows:
    """Every cue of an alignment; one that was not placed gets a time of `unspoken.settled` if there is one.

    Args:
        alignment: the alignment.
        own: for a format that times events beside each other, written from a file of its kind: every cue is kept, in
            file order; those that are not spoken move with their neighbours.
        blank: keep the segments of other formats that hold no text to show, such as drawings.
    """
    rows = Rows()
    old = []
    places = settled(alignment, apart=not own)
    for i, cue in enumerate(alignment.cues):
        if not (own or blank) and _nothing_to_show(cue, alignment):
            rows.blank.append(cue.index)
        elif i in places:
            rows.placed.append((cue, *places[i]))
            if cue.span is None:
                old.append(cue.index)
        elif cue.span is not None:
            rows.placed.append((cue, *cue.span))
        else:
            rows.unplaced.append(cue)
    if old:
        rows.notes.append(
            f"{counted(len(old), 'cue')} not placed, written at the time of the input file: {listed(old)}"
        )
    rows.notes += omission_note(rows.blank, "have nothing to show")
    order = [start for _, start, _ in rows.placed]
    if not own and any(a > b for a, b in itertools.pairwise(order)):
        rows.placed.sort(key=lambda row: row[1])
        rows.notes.append("cues were not in the order of time: sorted by start")
    return rows


def _nothing_to_show(cue: AlignedCue, alignment: Alignment) -> bool:
    """Whether a cue is a drawing of ASS or a segment that scoring ignores."""
    format = alignment.source.format if alignment.source is not None else ""
    return format in ("ass", "stm") and not plain(cue.text)


def placed_cues(alignment: Alignment) -> tuple[list[tuple[AlignedCue, float, float]], list[int]]:
    """The cues with times, sorted by start, and the index of each cue without."""
    placed = [(cue, *cue.span) for cue in alignment.cues if cue.span is not None]
    placed.sort(key=lambda row: row[1])
    return placed, [cue.index for cue in alignment.cues if cue.span is None]


def spoken_words(cue: AlignedCue) -> list[tuple[AlignedWord, float, float]]:
    """The spoken words that have times and are not blank."""
    return [
        (word, *word.span)
        for word in cue.words
        if word.span is not None and word.status != "not_spoken" and plain(word.text)
    ]


def spoken_text(cue: AlignedCue) -> str:
    """The cue's text on one line, without tags and words that are not spoken."""
    if cue.status == "not_spoken":
        return ""
    text, cursor = [], 0
    for word in cue.words:
        found = cue.text.find(word.text, cursor) if word.text.strip() else -1
        if found < 0:
            continue
        text.append(cue.text[cursor:found] + ("" if word.status == "not_spoken" else word.text))
        cursor = found + len(word.text)
    return plain("".join(text) + cue.text[cursor:])


def omission_note(indices: list[int], what: str = "have no place") -> list[str]:
    """A note about the cues that are not in the output; none without such cues."""
    verb = what if len(indices) != 1 else what.replace("have", "has", 1)
    return [
        f"{counted(len(indices), 'cue')} {verb} and {'is' if len(indices) == 1 else 'are'} omitted: {listed(indices)}"
    ] * bool(indices)


@dataclass(frozen=True)
class Piece:
    """A part of a cue's text: a tag (a match of `mark_up.TAG`) or text; `word` is the timed word that begins here."""

    text: str
    tag: re.Match[str] | None = None
    word: AlignedWord | None = None


def pieces(cue: AlignedCue) -> list[Piece]:
    """The cue's text cut at its tags and where its timed words begin; joined, the pieces are the text again.

    A word that is not in the text (an input file may hold words that differ from its text) begins no piece.
    """
    starts: dict[int, AlignedWord] = {}
    cursor = 0
    for word in cue.words:
        found = cue.text.find(word.text, cursor) if word.text.strip() else -1
        if found < 0:
            continue
        cursor = found + len(word.text)
        if word.span is not None and not (word.text[0] in "<{" and TAG.fullmatch(word.text)):
            starts[found] = word
    return list(_cut(cue.text, starts))


def _cut(text: str, starts: dict[int, AlignedWord]) -> Iterator[Piece]:
    tags = list(TAG.finditer(text))
    inside = {place for tag in tags for place in range(tag.start(), tag.end())}
    begins = sorted(place for place in starts if place not in inside)
    cursor = 0
    for tag in [*tags, None]:
        end = len(text) if tag is None else tag.start()
        cuts = begins[bisect.bisect_left(begins, cursor) : bisect.bisect_left(begins, end)]
        for a, b in zip([cursor, *cuts], [*cuts, end], strict=True):
            if b > a:
                yield Piece(text[a:b], word=starts.get(a))
        if tag is not None:
            yield Piece(tag[0], tag=tag)
            cursor = tag.end()


def identifier(text: str) -> str:
    """A name without white space for the columns of CTM, STM and Kaldi: letters, digits and "_" of any script stay.

    >>> identifier("Dr. Who (b-side)")
    'Dr__Who__b_side_'
    """
    return re.sub(r"[^\w]", "_", text)


def given_recording(alignment: Alignment) -> str | None:
    """The id of the recording in the input file, if it has one without white space."""
    given = alignment.source.recording if alignment.source is not None else None
    return given if given and given.split() == [given] else None


def given_ids(alignment: Alignment) -> dict[int, str]:
    """Ids of utterances in the input file by `index` of the cue, of a Kaldi or lhotse input in which all differ."""
    if alignment.source is None or alignment.source.format not in ("kaldi", "lhotse"):
        return {}
    ids = {cue.index: cue.id for cue in alignment.cues if cue.id and cue.id.split() == [cue.id]}
    return ids if len(set(ids.values())) == len(alignment.cues) else {}


def recording_name(alignment: Alignment) -> str:
    """The id of the recording in the input file, else its name without folder and extension, else "recording"."""
    given = given_recording(alignment)
    if given is not None:
        return given
    stem = PurePath(alignment.audio.replace("\\", "/")).stem
    return re.sub(r"[\s\x00-\x1f;]", "_", stem) or "recording"


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


def tidied(alignment: Alignment) -> tuple[Alignment, list[str]]:
    """A copy in which texts have "\\n" as the only line end and no control characters but the tab.

    Cues and words are changed alike, so that the words are still found in their cue. Names, reasons, attributes and
    what the input file holds beside cues are cleaned too. JSON does not need this: it escapes them.
    """
    changed = []
    cues = []
    for cue in alignment.cues:
        if _CONTROLS.search(f"{cue.text}{cue.speaker or ''}{cue.id or ''}"):
            changed.append(cue.index)
        words = [word if word.text.isprintable() else replace(word, text=tidy(word.text)) for word in cue.words]
        cues.append(
            replace(
                cue,
                text=tidy(cue.text),
                words=words,
                speaker=None if cue.speaker is None else tidy(cue.speaker),
                id=None if cue.id is None else tidy(cue.id),
                reason=None if cue.reason is None else tidy(cue.reason),
                attributes=_tidy_json(cue.attributes) if cue.attributes else cue.attributes,
            )
        )
    notes = [f"control characters removed in {counted(len(changed), 'cue')}, {listed(changed)}"] * bool(changed)
    source = alignment.source
    if source is not None and (source.header or source.blocks or source.recording):
        source = replace(
            source,
            header=tidy(source.header),
            blocks=[replace(block, text=tidy(block.text)) for block in source.blocks],
            recording=None if source.recording is None else tidy(source.recording),
        )
    return replace(alignment, cues=cues, source=source), notes


def _tidy_json(value: Any) -> Any:
    """A JSON value with tidied texts."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, dict):
        return {tidy(str(key)): _tidy_json(one) for key, one in value.items()}
    return [_tidy_json(one) for one in value] if isinstance(value, list) else value


def tidy(text: str) -> str:
    """A text with "\\n" as the only line end and no control characters but the tab."""
    # Nearly every text is printable: one fast test instead of two substitutions.
    return text if text.isprintable() else _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
