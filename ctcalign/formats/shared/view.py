"""What the writers look at: cues in time order, cues without a place, a text cut where its words begin."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats.shared.mark_up import TAG, plain
from ctcalign.formats.shared.rendered import counted, listed


@dataclass
class Rows:
    """The cues of a caption file. `placed` is sorted by start, stable; `lost` has neither a place nor an old time."""

    placed: list[tuple[AlignedCue, float, float]] = field(default_factory=list)
    lost: list[AlignedCue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def caption_rows(alignment: Alignment) -> Rows:
    """Every cue that a caption file can show. One without a place keeps the time of the input file if it had one."""
    rows = Rows()
    old = []
    for cue in alignment.cues:
        if cue.start is not None and cue.end is not None:
            rows.placed.append((cue, cue.start, cue.end))
        elif cue.input_start is not None and cue.input_end is not None:
            start = max(cue.input_start, 0.0)  # may lie past the end of a truncated recording: it is the user's time
            rows.placed.append((cue, start, max(start, cue.input_end)))
            old.append(cue.index)
        else:
            rows.lost.append(cue)
    if old:
        rows.notes.append(
            f"{counted(len(old), 'cue')} not placed, written at the time of the input file: {listed(old)}"
        )
    order = [start for _, start, _ in rows.placed]
    if any(a > b for a, b in itertools.pairwise(order)):
        rows.placed.sort(key=lambda row: row[1])
        rows.notes.append("cues were not in the order of time: sorted by start")
    return rows


def placed_cues(alignment: Alignment) -> tuple[list[tuple[AlignedCue, float, float]], list[int]]:
    """The cues that have a place, sorted by start, and the index of those that have none."""
    placed = [(cue, cue.start, cue.end) for cue in alignment.cues if cue.start is not None and cue.end is not None]
    placed.sort(key=lambda row: row[1])
    return placed, [cue.index for cue in alignment.cues if cue.start is None or cue.end is None]


def spoken_words(cue: AlignedCue) -> list[tuple[AlignedWord, float, float]]:
    """The words with a place that somebody speaks, empty ones left out."""
    return [
        (word, word.start, word.end)
        for word in cue.words
        if word.start is not None and word.end is not None and word.status != "not_spoken" and plain(word.text)
    ]


def spoken_text(cue: AlignedCue) -> str:
    """The cue's text on one line without tags and without the words that nobody speaks."""
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


def left_out(indices: list[int], what: str = "have no place") -> list[str]:
    """The note for cues that are not in the output."""
    verb = what if len(indices) != 1 else what.replace("have", "has", 1)
    return [
        f"{counted(len(indices), 'cue')} {verb} and {'is' if len(indices) == 1 else 'are'} left out: {listed(indices)}"
    ] * bool(indices)


@dataclass(frozen=True)
class Piece:
    """A stretch of a cue's text: a tag (a match of `inline.TAG`) or text; `word`: the timed word that begins here."""

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
        if word.start is not None and word.end is not None and not (word.text[0] in "<{" and TAG.fullmatch(word.text)):
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


def recording_name(alignment: Alignment) -> str:
    """The name of the recording without folder and extension; "recording" when there is none."""
    stem = PurePath(alignment.audio.replace("\\", "/")).stem
    return re.sub(r"[\s\x00-\x1f;]", "_", stem) or "recording"


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


def tidied(alignment: Alignment) -> tuple[Alignment, list[str]]:
    """A copy in which cues and words have "\\n" as the only line end and no control characters but the tab.

    Both are changed alike, so that the words are still found in their cue. JSON alone needs none of this.
    """
    changed = []
    cues = []
    for cue in alignment.cues:
        if _CONTROLS.search(cue.text):
            changed.append(cue.index)
        words = [word if word.text.isprintable() else replace(word, text=_tidy(word.text)) for word in cue.words]
        cues.append(replace(cue, text=_tidy(cue.text), words=words))
    notes = [f"control characters removed in {counted(len(changed), 'cue')}, {listed(changed)}"] * bool(changed)
    return replace(alignment, cues=cues), notes


def _tidy(text: str) -> str:
    # Nearly every text is printable: one fast test instead of two substitutions.
    return text if text.isprintable() else _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
