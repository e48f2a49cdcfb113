"""NIST STM: recording, channel, speaker, start, end and text, one cue per line."""

from __future__ import annotations

import re

from ctcalign.alignment.alignment import Alignment
from ctcalign.formats.shared.clock import decimal, number, span_ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source, channel_numbers
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.view import omission_note, placed_cues, recording_name


def render(alignment: Alignment) -> Rendered:
    """Times with 3 decimals; no tags, line breaks as spaces, an unknown speaker as UNKNOWN."""
    name = recording_name(alignment)
    placed, lost = placed_cues(alignment)
    rows = []
    for cue, start, end in placed:
        first, last = span_ticks(start, end, 1000)
        speaker = "_".join((cue.speaker or "").split()) or "UNKNOWN"
        channel = 1 if cue.channel is None else cue.channel
        text = plain(cue.text)
        # Readers interpret a text that begins with "<" as a label, unless a label (here the empty one) precedes it.
        label = "<o> " if text.startswith("<") else ""
        rows.append(f"{name} {channel} {speaker} {decimal(first, 3)} {decimal(last, 3)} {label}{text}".rstrip() + "\n")
    return Rendered("".join(rows), len(rows), 0, lost, omission_note(lost))


_LABELS = re.compile(r"^<[^<>\s]*>(?:\s+|$)")
_UNSCORED = "ignore_time_segment_in_scoring"
_NO_SPEAKER = {"unknown", "inter_segment_gap", "excluded_region"}


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per line that is not a comment (";;"). Segments that scoring ignores become cues without text."""
    rows = [(n, line) for n, line in source.numbered() if not line.lstrip().startswith(";;")]
    channels = channel_numbers(p[1] for p in (line.split(None, 5) for _, line in rows) if len(p) > 4)
    out = []
    for n, line in rows:
        parts = line.split(None, 5)
        if len(parts) < 5:
            notes.add("fewer than five columns", n, line.strip()[:60])
            out.append(Draft(line.strip(), line=n))
            continue
        recording, channel, speaker, first, last = parts[:5]
        text = parts[5].strip() if len(parts) > 5 else ""
        labels = _LABELS.match(text)
        # "<o,f0,male>" and the empty "<o>" are labels; "<unk>" at the start of a text is a word of it.
        if labels and (labels.group().lower().startswith("<o>") or "," in labels.group() or "=" in labels.group()):
            text = text[labels.end() :]
        start, end = number(first), number(last)
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
        out.append(
            Draft(
                "" if text.lower() == _UNSCORED else text,
                start,
                end,
                line=n,
                speaker=None if speaker.lower() in _NO_SPEAKER else speaker,
                channel=channels[channel],
                recording=recording,
            )
        )
    return out


_ROW = re.compile(r"^\S+\s+\S+\s+\S+\s+\d+(?:\.\d+)?\s+\d+(?:\.\d+)?(?:\s|$)")


def _matches(source: Source) -> bool:
    return all(_ROW.match(line) for line in source.table)


FORMAT = Format(
    "stm",
    (".stm",),
    "NIST STM, one cue per line",
    read,
    render,
    resolution=1e-3,
    keeps=frozenset({"speakers"}),
    evidence="columns",
    matches=_matches,
)
