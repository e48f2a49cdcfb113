"""Timed words to cues: for files that hold nothing but words (CTM, a word tier, a list of words in JSON)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctcalign.text.captions.draft import Draft
from ctcalign.text.cues import CueWord

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
    for row in rows:
        if current and _apart(current, row):
            out.append(cue_of(current))
            current = []
        current.append(row)
    if current:
        out.append(cue_of(current))
    return out


def _apart(current: list[WordRow], row: WordRow) -> bool:
    last = current[-1]
    if (last.recording, last.channel, last.speaker) != (row.recording, row.channel, row.speaker):
        return True
    ends = [r.word.end for r in current if r.word.end is not None]
    starts = [r.word.start for r in current if r.word.start is not None]
    if row.word.start is None or not ends or not starts:
        return False
    # A step back in time is another passage; 1 ms of slack for rounded files.
    gap = row.word.start - ends[-1]
    long = row.word.end is not None and row.word.end - starts[0] > LONGEST
    return gap >= GAP - 1e-6 or row.word.start < starts[-1] - 1e-3 or long


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
    timed = [d for d in drafts if d.start is not None and d.end is not None]
    left = []
    for word in words:
        if word.start is None or word.end is None or not timed:
            left.append(word)
            continue
        middle = (word.start + word.end) / 2
        best = min(timed, key=lambda d: _distance(d, middle))
        if _distance(best, middle) < GAP:
            best.words.append(word)
        else:
            left.append(word)
    return left


def _distance(draft: Draft, time: float) -> float:
    if draft.start is None or draft.end is None:
        return math.inf
    return max(draft.start - time, time - draft.end, 0.0)
