"""Timed words to cues: for files that hold nothing but words (CTM, a word tier, a list of words in JSON)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft

GAP = 0.5  # seconds without a word that end a cue: the usual pause between utterances
LONGEST = 20.0  # seconds after which a cue ends at the next word all the same


@dataclass(frozen=True)
class WordRow:
    """A word of such a file, with what keeps it apart from its neighbours."""

    word: CueWord
    line: int | None = None
    speaker: str | None = None
    channel: int | None = None
    recording: str | None = None


def group(rows: list[WordRow]) -> list[Draft]:
    """Cues of words in file order. A cue ends where the recording, channel or speaker changes, after a pause of `GAP`
    seconds, and when it would last longer than `LONGEST`. A word without times stays with the word above it."""
    out: list[Draft] = []
    current: list[WordRow] = []
    first: tuple[float, float] | None = None  # times of the first and the last timed word of the cue
    last: tuple[float, float] | None = None
    for row in rows:
        if current and _apart(current[-1], row, first, last):
            out.append(cue_of(current))
            current, first, last = [], None, None
        current.append(row)
        if row.word.start is not None and row.word.end is not None:
            last = (row.word.start, row.word.end)
            first = first or last
    if current:
        out.append(cue_of(current))
    return out


def _apart(above: WordRow, row: WordRow, first: tuple[float, float] | None, last: tuple[float, float] | None) -> bool:
    if (above.recording, above.channel, above.speaker) != (row.recording, row.channel, row.speaker):
        return True
    start, end = row.word.start, row.word.end
    if start is None or first is None or last is None:
        return False
    long = end is not None and end - first[0] > LONGEST
    # A step back in time is another passage; 1 ms of slack for rounded files.
    return start - last[1] >= GAP - 1e-6 or start < last[0] - 1e-3 or long


def cue_of(rows: list[WordRow]) -> Draft:
    """One cue of these words; times from the first start to the last end."""
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


def share_words(drafts: list[Draft], words: list[CueWord]) -> list[CueWord]:
    """Give each word to the cue that its middle lies in (the nearest one within `GAP`); returns the words left over."""
    timed = sorted(
        ((d.start, d.end, i) for i, d in enumerate(drafts) if d.start is not None and d.end is not None),
    )
    starts = [start for start, _, _ in timed]
    furthest = list(accumulate((end for _, end, _ in timed), max))
    left = []
    for word in words:
        if word.start is None or word.end is None:
            left.append(word)
            continue
        middle = (word.start + word.end) / 2
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
