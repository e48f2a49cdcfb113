"""NIST CTM: recording, channel, start, duration, word and confidence, one spoken word a line."""

from __future__ import annotations

import re

from ctcalign.align.alignment import Alignment
from ctcalign.formats.inline import plain
from ctcalign.formats.rendered import Rendered, counted
from ctcalign.formats.times import decimal, ticks
from ctcalign.formats.view import left_out, recording_name, spoken_words

_SPACE = re.compile(r"\s+")


def render(alignment: Alignment) -> Rendered:
    """Times with 3 decimals; start + duration is the rounded end. Sorted by channel and start, as sclite demands.

    Words that nobody speaks (mark-up) have no place in a CTM. White space inside a word becomes "_". The confidence
    column is written when any word has one, with NA for those that have none; the channel is 1 unless the cue says.
    """
    name = recording_name(alignment)
    rows: list[tuple[str, int, int, str, float | None]] = []
    silent = []
    for cue in alignment.cues:
        words = spoken_words(cue)
        if not words:
            silent.append(cue.index)
        for word, start, end in words:
            channel = "1" if cue.channel is None else str(cue.channel)
            rows.append((channel, ticks(start, 1000), ticks(end, 1000), plain(word.text), word.confidence))
    rows.sort(key=lambda row: row[:2])
    scored = any(row[4] is not None for row in rows)
    out = []
    for channel, first, last, text, confidence in rows:
        column = "" if not scored else " NA" if confidence is None else f" {confidence:.4f}"
        out.append(f"{name} {channel} {decimal(first, 3)} {decimal(last - first, 3)} {_SPACE.sub('_', text)}{column}\n")
    unplaced = sum(
        1
        for cue in alignment.cues
        for word in cue.words
        if word.start is None and word.status != "not_spoken" and word.text.strip()
    )
    notes = left_out(silent, "have no timed words")
    if unplaced:
        notes.append(f"{counted(unplaced, 'word')} without a place left out")
    return Rendered("".join(out), len(alignment.cues) - len(silent), len(rows), silent, notes)
