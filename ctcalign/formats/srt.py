"""SubRip. One block a cue (or a word), times in milliseconds, the user's text with the tags that players know."""

from __future__ import annotations

import re

from ctcalign.align.alignment import Alignment
from ctcalign.formats.inline import TAG, WORD_JOINER, lines, srt_tag, unescaped
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import clock, span_ticks
from ctcalign.formats.view import caption_rows, left_out, placed_cues, spoken_words

# A line of the user's text with a digit and an arrow, or with two times: some readers take it for a timing line.
_ARROW_LINE = re.compile(r"^(?=.*\d).*?(?:--+|[—–]+|-|=+)(?=>)", re.MULTILINE)
_TWO_TIMES = re.compile(r"^.*\d:\d+[.,]\d.*\d:\d+[.,]\d.*$", re.MULTILINE)


def render(alignment: Alignment) -> Rendered:
    """A cue that was not placed is written at the time of the input file; if it had none it is left out and named."""
    rows = caption_rows(alignment)
    blocks = [_block(i, start, end, _text(cue.text)) for i, (cue, start, end) in enumerate(rows.placed, 1)]
    lost = [cue.index for cue in rows.lost]
    return Rendered("".join(blocks), len(blocks), 0, lost, rows.notes + left_out(lost))


def render_words(alignment: Alignment) -> Rendered:
    """One block a word: for videos that show one word at a time."""
    placed, unplaced = placed_cues(alignment)
    words = sorted(((w, a, b) for cue, _, _ in placed for w, a, b in spoken_words(cue)), key=lambda row: row[1])
    blocks = [_block(i, start, end, _text(word.text)) for i, (word, start, end) in enumerate(words, 1)]
    empty = [cue.index for cue, _, _ in placed if not spoken_words(cue)]
    notes = left_out(unplaced) + left_out(empty, "have no timed words")
    return Rendered("".join(blocks), len(placed) - len(empty), len(blocks), sorted(unplaced + empty), notes)


def _block(number: int, start: float, end: float, text: str) -> str:
    first, last = span_ticks(start, end, 1000)
    return f"{number}\n{clock(first, ',')} --> {clock(last, ',')}\n{text}\n\n"


def _text(text: str) -> str:
    text = lines(TAG.sub(srt_tag, unescaped(text)))
    if ":" in text or ">" in text:  # a word joiner has no width: the text looks as it did
        text = _TWO_TIMES.sub(lambda line: re.sub(r"(?<=\d):(?=\d)", ":" + WORD_JOINER, line[0]), text)
        text = _ARROW_LINE.sub(lambda line: line[0] + WORD_JOINER, text)
    return text
