"""WebVTT (.vtt), including word cues, voice tags, settings, NOTE, STYLE and REGION blocks."""

from __future__ import annotations

import html
import re
from itertools import pairwise

from ctcalign.text.captions.blocks import read_blocks, timings
from ctcalign.text.captions.clock import clock
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.pieces import Piece, words_of_pieces

_NOT_CAPTIONS = re.compile(r"^(?:NOTE(?:[ \t].*)?|STYLE[ \t]*|REGION[ \t]*)$")
_STAMP = re.compile(r"<((?:\d+:)?\d+:\d+[.,]\d+)>")
_CLASSLESS = re.compile(r"</?c>")
_TAG = re.compile(r"<[^<>]*>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>")


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues with their tags in the text. A voice tag also gives the speaker; stamps between words give the words.

    Stamps (and the bare <c> around stamped words) are times, not text, and leave it: after alignment they would lie.
    """
    lines = source.lines()
    first = _after_header(lines, notes)
    _blank_comments(lines, first)
    drafts = read_blocks(lines, notes, _heading, first)
    for draft in drafts:
        voices = {" ".join(html.unescape(v).split()) for v in _VOICE.findall(draft.text)}
        if len(voices) == 1:
            draft.speaker = voices.pop()
        if _STAMP.search(draft.text):
            _take_stamps(draft)
    _note_rolling(drafts, notes)
    return drafts


def _after_header(lines: list[str], notes: Notes) -> int:
    """The row after the header block."""
    if not re.match(r"\s*WEBVTT(?:\s|$)", lines[0]):
        notes.add("no WEBVTT header", 1)
        return 0
    row = 1
    marks = {mark.row for mark in timings(lines)}
    while row < len(lines) and lines[row].strip() and row not in marks:
        if lines[row].startswith("X-TIMESTAMP-MAP"):
            notes.add("X-TIMESTAMP-MAP is not applied; times count from the file's own zero", row + 1)
        row += 1
    if row in marks and row > 1:
        row -= 1  # the line above the times is the cue's name, not a header
    return row


def _blank_comments(lines: list[str], first: int) -> None:
    marks = {mark.row for mark in timings(lines)}
    row = first
    while row < len(lines):
        starts_block = row == 0 or not lines[row - 1].strip()
        if starts_block and _NOT_CAPTIONS.match(lines[row]) and row + 1 not in marks:
            while row < len(lines) and lines[row].strip() and row not in marks:
                lines[row] = ""
                row += 1
        row += 1


def _heading(lines: list[str], row: int, above: int, last: str | None) -> tuple[int, str | None]:
    name = lines[row - 1].strip() if row - 1 > above else ""
    # Right under the times of the cue above a line is its text; right under the header it is a name.
    first = row - 2 == above and not (above >= 0 and ">" in lines[above])
    if name and (first or (row - 2 > above and not lines[row - 2].strip())):
        return row - 1, name
    return row, None


def _take_stamps(draft: Draft) -> None:
    parts = _STAMP.split(draft.text)
    stamps = [draft.start, *(clock(s) for s in parts[1::2]), draft.end]
    pieces = [Piece(html.unescape(_TAG.sub("", text)), stamps[i], stamps[i + 1]) for i, text in enumerate(parts[0::2])]
    draft.words = words_of_pieces(pieces)
    draft.text = _CLASSLESS.sub("", "".join(parts[0::2]))


def _note_rolling(drafts: list[Draft], notes: Notes) -> None:
    """YouTube's automatic VTT shows each line twice: as the new line, then as the upper one."""
    plain = [[x.strip() for x in _TAG.sub("", d.text).split("\n") if x.strip()] for d in drafts]
    repeated = sum(bool(a and b) and a[-1] == b[0] for a, b in pairwise(plain))
    if len(drafts) > 4 and repeated > 0.7 * (len(drafts) - 1):
        notes.add(
            "rolling captions: each line stands in two or more cues; the json3 file of the same video has it once"
        )
