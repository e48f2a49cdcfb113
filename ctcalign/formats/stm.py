"""NIST STM: recording, channel, speaker, start, end and text, one cue a line."""

from __future__ import annotations

from ctcalign.align.alignment import Alignment
from ctcalign.formats.inline import plain
from ctcalign.formats.rendered import Rendered
from ctcalign.formats.times import decimal, span_ticks
from ctcalign.formats.view import left_out, placed_cues, recording_name


def render(alignment: Alignment) -> Rendered:
    """Times with 3 decimals. Tags go, line breaks become spaces, a speaker that is not known is UNKNOWN."""
    name = recording_name(alignment)
    placed, lost = placed_cues(alignment)
    rows = []
    for cue, start, end in placed:
        first, last = span_ticks(start, end, 1000)
        speaker = "_".join((cue.speaker or "").split()) or "UNKNOWN"
        channel = 1 if cue.channel is None else cue.channel
        text = plain(cue.text)
        # Readers take a text that begins with "<" for a label; the empty overall label in front keeps it text.
        label = "<o> " if text.startswith("<") else ""
        rows.append(f"{name} {channel} {speaker} {decimal(first, 3)} {decimal(last, 3)} {label}{text}".rstrip() + "\n")
    return Rendered("".join(rows), len(rows), 0, lost, left_out(lost))
