"""Advanced SubStation karaoke: each word fills with colour while it is said."""

from __future__ import annotations

from ctcalign.align.alignment import AlignedCue, Alignment
from ctcalign.formats.inline import ass_tag, ass_text, unescaped
from ctcalign.formats.rendered import Rendered, counted
from ctcalign.formats.times import ass_clock, span_ticks, ticks
from ctcalign.formats.view import caption_rows, left_out, pieces

_HEADER = """[Script Info]
; written by ctcalign
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,64,&H0000D7FF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,80,80,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def render(alignment: Alignment) -> Rendered:
    """The `\\k` times of a cue are whole centiseconds that add up to its length; pauses are `\\k` without text.

    A cue that was not placed is written at the time of the input file; if it had none, as a Comment line.
    """
    rows = caption_rows(alignment)
    events = []
    words = changed = 0
    for cue, start, end in rows.placed:
        first, last = span_ticks(start, end, 100)
        text, timed = _karaoke(cue, first, last)
        words += timed
        changed += any(brace in text for brace in "\uff5b\uff5d") and not any(b in cue.text for b in "\uff5b\uff5d")
        events.append(f"Dialogue: 0,{ass_clock(first)},{ass_clock(last)},Default,{_name(cue)},0,0,0,,{text}\n")
    for cue in rows.lost:
        text = ass_text(unescaped(cue.text))
        events.append(f"Comment: 0,0:00:00.00,0:00:00.00,Default,{_name(cue)},0,0,0,,{text}\n")
    lost = [cue.index for cue in rows.lost]
    notes = rows.notes + [note.replace("left out", "written as Comment") for note in left_out(lost)]
    if changed:
        notes.append(f"braces in {counted(changed, 'cue')} are full-width: ASS would hide what stands between braces")
    return Rendered(_HEADER + "".join(events), len(rows.placed), words, lost, notes)


def _name(cue: AlignedCue) -> str:
    # The Name column ends at a comma and cannot quote one.
    return " ".join((cue.speaker or "").replace(",", ";").split())


def _karaoke(cue: AlignedCue, first: int, last: int) -> tuple[str, int]:
    """The text with `\\k` before each timed word; [first, last] in centiseconds."""
    cut = pieces(cue)
    karaoke = any(piece.word for piece in cut)
    parts: list[str] = []
    at, timed = first, 0
    for piece in cut:
        word = piece.word
        if word is not None and word.start is not None and word.end is not None:
            begin = max(at, min(ticks(word.start, 100), last))
            end = max(begin, min(ticks(word.end, 100), last))
            if begin > at:
                parts.append(f"{{\\k{begin - at}}}")
            parts.append(f"{{\\k{end - begin}}}")
            at = end
            timed += word.status != "not_spoken"
        parts.append(ass_tag(piece.tag, keep_karaoke=not karaoke) if piece.tag else ass_text(unescaped(piece.text)))
    if karaoke and at < last:
        parts.append(f"{{\\k{last - at}}}")
    return "".join(parts), timed
