"""Enhanced LRC lyrics: a line a cue, `[mm:ss.cc]` at its start, `<mm:ss.cc>` at each word and at the end."""

from __future__ import annotations

import re
from dataclasses import replace

from ctcalign.align.alignment import AlignedCue, Alignment
from ctcalign.formats.inline import WORD_JOINER, unescaped
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import lrc_clock, span_ticks, ticks
from ctcalign.formats.view import left_out, pieces, placed_cues, recording_name

_TIME = re.compile(r"([\[<])(?=\d+:\d+(?:[.:]\d+)?[\]>])")


def render(alignment: Alignment) -> Rendered:
    """Cues without a place are left out. A pause is shown as `[end]` without text, which clears the line in players.

    Text that looks like a time of the format (`[1:23]`) gets a word joiner (no width) after its bracket.
    """
    placed, lost = placed_cues(alignment)
    rows = [f"[re:ctcalign]\n[ti:{recording_name(alignment)}]\n[length:{lrc_clock(ticks(alignment.duration, 100))}]\n"]
    words = 0
    spans = [span_ticks(start, end, 100) for _, start, end in placed]
    for i, (cue, _, _) in enumerate(placed):
        first, last = spans[i]
        text, timed = _line(cue, first, last)
        words += timed
        rows.append(f"[{lrc_clock(first)}]{text}\n")
        if i + 1 == len(placed) or spans[i + 1][0] > last:
            rows.append(f"[{lrc_clock(last)}]\n")
    return Rendered("".join(rows), len(placed), words, lost, left_out(lost))


def _line(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    one_line = " ".join(cue.text.split())
    parts: list[str] = []
    timed = 0
    latest = first
    words = [replace(word, text=" ".join(word.text.split())) for word in cue.words]
    cut = pieces(replace(cue, text=one_line, words=words))
    for piece in cut:
        if piece.tag:
            continue
        if piece.word is not None and piece.word.start is not None:
            latest = max(latest, min(ticks(piece.word.start, 100), last))
            parts.append(f"<{lrc_clock(latest)}>")
            timed += piece.word.status != "not_spoken"
        parts.append(_TIME.sub(r"\1" + WORD_JOINER, unescaped(piece.text)))
    text = "".join(parts).strip()
    if timed:
        return f"{text}<{lrc_clock(last)}>", timed
    # "[MUSIC]" right after the time would be taken for another tag of the line.
    return (" " + text if text.startswith("[") else text), timed
