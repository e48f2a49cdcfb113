"""Timed text to words, and timed words to cues: for files that time syllables or words rather than captions."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft
from ctcalign.spans import Span

GAP = 0.5  # seconds without a word that end a cue: the usual pause between utterances
LONGEST = 20.0  # seconds after which a cue ends at the next word, pause or not


@dataclass(frozen=True)
class TimedText:
    """Text between two time stamps, spaces included; times in seconds, None if there is no stamp."""

    text: str
    start: float | None
    end: float | None


def words_of(pieces: list[TimedText]) -> list[CueWord]:
    """Words of the joined text.

    A word may span pieces ("Hel" + "lo"). Of several words in one piece the first gets its start and the last its end;
    the other times are None.
    """
    text = "".join(p.text for p in pieces)
    spans, at = [], 0
    for piece in pieces:
        spans.append((at, at + len(piece.text), piece))
        at += len(piece.text)
    out = []
    for match in re.finditer(r"\S+", text):
        first = next(s for s in spans if s[0] <= match.start() < s[1])
        last = next(s for s in spans if s[0] <= match.end() - 1 < s[1])
        begins = not text[first[0] : match.start()].strip()
        ends = not text[match.end() : last[1]].strip()
        out.append(CueWord(match.group(), first[2].start if begins else None, last[2].end if ends else None))
    return out


@dataclass(frozen=True)
class WordRow:
    """A word of a file that contains only words (CTM, a word tier, a list of words in JSON), and what it belongs to."""

    word: CueWord
    line: int | None = None
    speaker: str | None = None
    channel: int | None = None
    recording: str | None = None


def grouped(rows: list[WordRow]) -> list[Draft]:
    """Cues of words in file order.

    A cue ends where the recording, channel or speaker changes, after a pause of `GAP` seconds, and when it would last
    longer than `LONGEST`. A word without times stays with the word above it.
    """
    out: list[Draft] = []
    current: list[WordRow] = []
    first: Span | None = None  # of the first timed word of the cue
    last: Span | None = None
    for row in rows:
        if current and _starts_cue(row, current[-1], first, last):
            out.append(cue_of(current))
            current, first, last = [], None, None
        current.append(row)
        last = row.word.span or last
        first = first or last
    if current:
        out.append(cue_of(current))
    return out


def _starts_cue(row: WordRow, above: WordRow, first: Span | None, last: Span | None) -> bool:
    if (above.recording, above.channel, above.speaker) != (row.recording, row.channel, row.speaker):
        return True
    start, end = row.word.start, row.word.end
    if start is None or first is None or last is None:
        return False
    too_long = end is not None and end - first.start > LONGEST
    # A step back in time begins another passage; 1 ms of tolerance for rounded files.
    return start - last.end >= GAP - 1e-6 or start < last.start - 1e-3 or too_long


def cue_of(rows: list[WordRow]) -> Draft:
    """One cue of these words, from the first start to the last end."""
    starts = [r.word.start for r in rows if r.word.start is not None]
    ends = [r.word.end for r in rows if r.word.end is not None]
    first = rows[0]
    return Draft(
        " ".join(r.word.text for r in rows),
        min(starts) if starts and ends else None,
        max(ends) if starts and ends else None,
        line=first.line,
        speaker=first.speaker,
        channel=first.channel,
        words=[r.word for r in rows],
        recording=first.recording,
    )


def assign_words(drafts: list[Draft], words: list[CueWord]) -> list[CueWord]:
    """Add each word to the cue that contains its middle, else to the nearest one within `GAP`.

    Returns:
        The words that belong to no cue.
    """
    timed = sorted(
        ((d.start, d.end, i) for i, d in enumerate(drafts) if d.start is not None and d.end is not None),
    )
    starts = [start for start, _, _ in timed]
    furthest = list(accumulate((end for _, end, _ in timed), max))
    left = []
    for word in words:
        if word.span is None:
            left.append(word)
            continue
        middle = sum(word.span) / 2
        place = bisect_right(starts, middle)
        near = [(timed[place][0] - middle, timed[place][2])] if place < len(timed) else []
        while place > 0 and furthest[place - 1] > middle - GAP:
            place -= 1
            near.append((max(middle - timed[place][1], 0.0), timed[place][2]))
        distance, best = min(near, default=(GAP, -1))
        if distance < GAP:
            drafts[best].words.append(word)
        else:
            left.append(word)
    return left
