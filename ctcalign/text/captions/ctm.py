"""NIST CTM: recording, channel, start, duration, word, confidence; grouped into cues by pauses."""

from __future__ import annotations

from ctcalign.text.captions.channels import channel_numbers
from ctcalign.text.captions.clock import number
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.word_rows import WordRow, group
from ctcalign.text.cues import CueWord


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of words, see `word_rows.group`. Of alternatives (<ALT_BEGIN> ... <ALT> ... <ALT_END>) the first is read.

    A line of fewer than five columns, or without readable times, becomes a word without times.
    """
    lines = [(n, line.split()) for n, line in source.numbered() if not line.lstrip().startswith(";;")]
    channels = channel_numbers(p[1] for _, p in lines if len(p) > 4)
    rows: list[WordRow] = []
    alternative = 0
    for n, parts in lines:
        mark = next((p.upper() for p in parts if p.upper() in ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")), None)
        if mark is not None:
            alternative = {"<ALT_BEGIN>": 1, "<ALT>": alternative + 1, "<ALT_END>": 0}[mark]
            continue
        if alternative > 1:
            notes.add("alternatives: the first is read", n)
            continue
        if len(parts) < 5:
            notes.add("fewer than five columns", n, " ".join(parts)[:60])
            rows.append(WordRow(CueWord(parts[-1]), line=n, recording=parts[0] if len(parts) > 1 else None))
            continue
        start, length = number(parts[2]), number(parts[3])
        if start is None or length is None:
            notes.add("unreadable times", n, " ".join(parts)[:60])
            word = CueWord(parts[4])
        else:
            # Times of a CTM are decimals: without rounding 1.1 + 0.2 would miss the next start.
            word = CueWord(parts[4], start, round(start + length, 6), number(parts[5]) if len(parts) > 5 else None)
        speaker = parts[7] if len(parts) > 7 else None
        rows.append(WordRow(word, n, speaker, channels[parts[1]], parts[0]))
    return group(rows)
