"""Audacity label tracks: start, end and label, parted by tabs."""

from __future__ import annotations

from ctcalign.text.captions.clock import clock, number
from ctcalign.text.captions.draft import Draft, Notes, Source


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue a label, point labels without length. Lines with the frequencies of a spectral label are passed over."""
    out = []
    for n, line in source.numbered():
        if line.startswith("\\"):
            continue
        parts = line.split("\t", 2)
        start = _time(parts[0])
        end = _time(parts[1]) if len(parts) > 1 else None
        if start is None or end is None:
            notes.add("unreadable times", n, line.strip()[:60])
            out.append(Draft(parts[2] if len(parts) > 2 else line, line=n))
        else:
            out.append(Draft(parts[2] if len(parts) > 2 else "", start, end, line=n))
    return out


def _time(text: str) -> float | None:
    return clock(text) if ":" in text else number(text)
