"""WebVTT with a time at the start of each word, and one at its end where a pause follows."""

from __future__ import annotations

import re

from ctcalign.align.alignment import AlignedCue, Alignment
from ctcalign.formats.inline import lines, vtt_tag, vtt_text
from ctcalign.formats.rendered import Rendered, counted
from ctcalign.formats.times import clock, span_ticks, ticks
from ctcalign.formats.view import caption_rows, left_out, pieces

_VOICE = re.compile(r"<v[.\s]", re.IGNORECASE)
_BLOCK_NAMES = ("NOTE", "STYLE", "REGION", "WEBVTT")


def render(alignment: Alignment) -> Rendered:
    """A cue that was not placed is written at the time of the input file; if it had none, as a NOTE with its text.

    WebVTT wants the times inside a cue to grow and to lie strictly between its start and end: a word at the start of
    the cue needs no time, and words within one millisecond share one.
    """
    rows = caption_rows(alignment)
    blocks = ["WEBVTT\n\n"]
    words = 0
    for cue, start, end in rows.placed:
        first, last = span_ticks(start, end, 1000)
        text, timed = _payload(cue, first, last)
        words += timed
        name = (cue.id or "").strip()
        if name and "-->" not in name and not name.startswith(_BLOCK_NAMES) and name.isprintable():
            blocks.append(name + "\n")
        blocks.append(f"{clock(first)} --> {clock(last)}\n{text}\n\n")
    for cue in rows.lost:
        reason = f" ({cue.reason})" if cue.reason else ""
        note = lines(f"NOTE cue {cue.index} was not placed{reason}:\n{cue.text}")
        blocks.append(note.replace("-->", "--&gt;") + "\n\n")
    lost = [cue.index for cue in rows.lost]
    notes = [note.replace("left out", "written as NOTE") for note in left_out(lost)]
    unmarked = (
        sum(w.start is not None and w.status != "not_spoken" for cue, _, _ in rows.placed for w in cue.words) - words
    )
    if unmarked > 0:
        notes.append(f"{counted(unmarked, 'word')} without a time of their own (no room between their neighbours)")
    return Rendered("".join(blocks), len(rows.placed), words, lost, rows.notes + notes)


def _payload(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    """The text of a cue with its word times, and the number of spoken words that have one (or begin with the cue)."""
    parts: list[str] = []
    latest, timed, began = first, 0, False

    def mark(time: int) -> bool:
        nonlocal latest
        if not latest < time < last:
            return False
        parts.append(f"<{clock(time)}>")
        latest = time
        return True

    cut = pieces(cue)
    nexts = [last]  # where the next timed word begins, from the end
    for piece in reversed(cut):
        nexts.append(ticks(piece.word.start, 1000) if piece.word and piece.word.start is not None else nexts[-1])
    for piece, following in zip(cut, nexts[-2::-1], strict=True):
        text = vtt_tag(piece.tag) if piece.tag else vtt_text(piece.text)
        word = piece.word
        if word is None or word.start is None or word.end is None:
            parts.append(text)
            continue
        start, end = ticks(word.start, 1000), ticks(word.end, 1000)
        own = mark(start) or (start == first and not began)
        timed += own and word.status != "not_spoken"
        began = True
        bare = text.rstrip()
        parts.append(bare)
        if end < following:
            mark(end)  # before the white space: the pause begins where the word ends
        parts.append(text[len(bare) :])
    text = lines("".join(parts))
    if cue.speaker and cue.speaker.strip() and not _VOICE.search(cue.text):
        text = f"<v {vtt_text(' '.join(cue.speaker.split()))}>{text}"
    return text, timed
