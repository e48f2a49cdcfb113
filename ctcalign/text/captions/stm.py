"""NIST STM: recording, channel, speaker, start, end, <labels>, text; one cue a line."""

from __future__ import annotations

import re

from ctcalign.text.captions.channels import channel_numbers
from ctcalign.text.captions.clock import number
from ctcalign.text.captions.draft import Draft, Notes, Source

_LABELS = re.compile(r"^<[^<>\s]*>(?:\s+|$)")
_UNSCORED = "ignore_time_segment_in_scoring"
_NO_SPEAKER = {"unknown", "inter_segment_gap", "excluded_region"}


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a line that is no comment (";;"). Segments that scoring ignores hold no text: they come out empty."""
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
