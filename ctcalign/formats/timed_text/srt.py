"""SubRip: one block per cue (or a word), times in milliseconds, text with the tags that players support."""

from __future__ import annotations

import re
from dataclasses import replace

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.formats.shared.blocks import read_blocks, timings
from ctcalign.formats.shared.clock import clock, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import ALL, Format, Rendered
from ctcalign.formats.shared.mark_up import TAG, WORD_JOINER, lines, srt_tag, unescaped
from ctcalign.formats.shared.view import caption_rows, omission_note, placed_cues, spoken_words

# Lines of text that some readers interpret as a timing line: with a digit and an arrow, or with two times.
_ARROW_LINE = re.compile(r"^(?=.*\d).*?(?:--+|[—–]+|-|=+)(?=>)", re.MULTILINE)
_TWO_TIMES = re.compile(r"^.*\d:\d+[.,]\d.*\d:\d+[.,]\d.*$", re.MULTILINE)


def render(alignment: Alignment) -> Rendered:
    """A cue that was not placed is written at the time of the input file; without one it is omitted and noted."""
    rows = caption_rows(alignment)
    numbers = _numbers(alignment, [cue for cue, _, _ in rows.placed])
    settings = alignment.source is not None and alignment.source.format == "srt"
    blocks = []
    for number, (cue, start, end) in zip(numbers, rows.placed, strict=True):
        right = " ".join(str(cue.attributes.get("settings", "")).split()) if settings else ""
        blocks.append(_block(number, start, end, _text(cue.text), right))
    lost = [cue.index for cue in rows.unplaced]
    return Rendered("".join(blocks), len(blocks), 0, sorted(lost + rows.blank), rows.notes + omission_note(lost))


def _numbers(alignment: Alignment, cues: list[AlignedCue]) -> list[str]:
    """The cue numbers of the input SRT or VTT file if each cue has its own; else numbers from 1."""
    if alignment.source is not None and alignment.source.format in ("srt", "vtt"):
        given = [cue.id for cue in cues if cue.id is not None and re.fullmatch(r"[0-9]{1,18}", cue.id)]
        if len(given) == len(cues) == len(set(given)):
            return given
    return [str(number) for number in range(1, len(cues) + 1)]


def render_words(alignment: Alignment) -> Rendered:
    """One block per word: for videos that show one word at a time."""
    placed, unplaced = placed_cues(alignment)
    words = sorted(((w, a, b) for cue, _, _ in placed for w, a, b in spoken_words(cue)), key=lambda row: row[1])
    blocks = [_block(str(i), start, end, _text(word.text)) for i, (word, start, end) in enumerate(words, 1)]
    empty = [cue.index for cue, _, _ in placed if not spoken_words(cue)]
    notes = omission_note(unplaced) + omission_note(empty, "have no timed words")
    return Rendered("".join(blocks), len(placed) - len(empty), len(blocks), sorted(unplaced + empty), notes)


def _block(number: str, start: float, end: float, text: str, settings: str = "") -> str:
    first, last = span_ticks(start, end, 1000)
    times = f"{clock(first, ',')} --> {clock(last, ',')}  {settings}".rstrip()
    return f"{number}\n{times}\n{text}\n\n"


def _text(text: str) -> str:
    text = lines(TAG.sub(srt_tag, unescaped(text)))
    if ":" in text or ">" in text:  # a word joiner has no width
        text = _TWO_TIMES.sub(lambda line: re.sub(r"(?<=\d):(?=\d)", ":" + WORD_JOINER, line[0]), text)
        text = _ARROW_LINE.sub(lambda line: line[0] + WORD_JOINER, text)
    return text


# Up to nine digits: longer lines of digits are text.
_INDEX = re.compile(r"^\s*(\d{1,9})\.?\s*$")
_PROPER = re.compile(r"^\s*-?\d+:\d+:\d+,\d+\s*-->\s*-?\d+:\d+:\d+,\d+(?:\s|$)")


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues with the number of the file as id. A cue whose times cannot be read has none."""
    lines = source.lines()
    for mark in timings(lines):
        line = lines[mark.row]
        if mark.start is not None and mark.end is not None and not _PROPER.match(line):
            notes.add(_irregularity(line), mark.row + 1, line.strip()[:60])

    def heading(lines: list[str], row: int, above: int, last: str | None) -> tuple[int, str | None]:
        expected = None if last is None else int(last) + 1
        index = _INDEX.match(lines[row - 1]) if row - 1 > above else None
        if index:
            free = row - 2 <= above or not lines[row - 2].strip()
            # Directly under other text (or a timing line) a number is this cue's only if it continues the count.
            if int(index[1]) == expected or (free and (row - 2 > above or above < 0)):
                if not free:
                    notes.add("no blank line before the cue", row)
                return row - 1, index[1]
        if row - 2 > above and not lines[row - 1].strip():
            index = _INDEX.match(lines[row - 2])
            alone = row - 3 <= above or not lines[row - 3].strip()
            if index and alone and (int(index[1]) == expected or expected is None):
                notes.add("blank line between number and times", row)
                return row - 2, index[1]
        notes.add("no cue number", row + 1)
        return row, None

    return read_blocks(lines, notes, heading)


def _irregularity(line: str) -> str:
    left = line.split(">")[0]
    if re.search(r"\d\.\d", left):
        return "times with '.' instead of ','"
    if re.match(r"^\s*-?\d+:\d+:\d+\s*-", line) or re.search(r">\s*-?\d+:\d+:\d+\s*$", line):
        return "times without milliseconds"
    return "times in an unusual form"


# Only spaces within the line: "\s" would scan all following blank lines from each blank line.
_TIMING = re.compile(r"^[^\S\n]*[\d:.,;]+[^\S\n]*-->[^\S\n]*[\d:.,;]+", re.M)


_LOOSE = re.compile(r"^[^\S\n]*\d+:\d:\d+\.\d+[^\S\n]*-->", re.M)  # "0:0:6.4 -->" of a transcript of Teams


def _matches(source: Source) -> bool:
    if _LOOSE.search(source.text) and not re.search(r"^[^\S\n]*\d+[^\S\n]*$", source.text, re.M):
        return False
    return _TIMING.search(source.text) is not None


FORMAT = Format(
    "srt",
    (".srt",),
    "SubRip captions, one block per cue",
    read,
    render,
    aliases=("subrip",),
    resolution=1e-3,
    keeps=frozenset({"markup"}),
    tag=srt_tag,
    restores={"srt": frozenset({ALL})},
    evidence="lines",
    matches=_matches,
)
WORDS = replace(
    FORMAT,
    name="srt-words",
    extensions=(),
    description="SubRip, one block per word",
    read=None,
    render=render_words,
    aliases=(),
    keeps=frozenset({"words", "word_ends"}),
)
