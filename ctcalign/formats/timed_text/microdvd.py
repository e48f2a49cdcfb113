"""MicroDVD, timed in frames ("{100}{150}text"), and MPL2, timed in tenths of a second ("[100][150]text")."""

from __future__ import annotations

import re

from ctcalign.formats.shared.clock import number
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format

_FRAMES = re.compile(r"^\s*\{(\d{1,9})\}\{(\d{0,9})\}(.*)$")
_TENTHS = re.compile(r"^\s*\[(\d{1,9})\]\[(\d{0,9})\](.*)$")
_CODE = re.compile(r"\{[A-Za-z]:[^{}]*\}")
_USUAL_RATE = 25.0  # frames per second if the file does not name its own


def read(source: Source, notes: Notes) -> list[Draft]:
    """One cue per line; "|" is a line break, control codes such as "{y:i}" and the "/" of italics are dropped.

    The first line may name the frame rate ("{1}{1}23.976"); without one it is 25, with a note.
    """
    rate: float | None = None
    out = []
    for n, line in source.numbered():
        match = _FRAMES.match(line) or _TENTHS.match(line)
        if match is None:
            notes.add("line without a time", n, line.strip()[:40])
            out.append(Draft(line, line=n))
            continue
        text = match[3].strip()
        if line.lstrip().startswith("["):
            step = 10.0
            text = re.sub(r"(?m)^/", "", text.replace("|", "\n"))
        else:
            named = number(text) if not out and rate is None and int(match[1]) <= 1 else None
            if named is not None and named > 0:
                rate = named
                continue
            step = rate or _USUAL_RATE
            text = _CODE.sub("", text).replace("|", "\n")
        end = int(match[2]) / step if match[2] else None
        out.append(Draft(text, int(match[1]) / step, end, line=n))
    if rate is None and not _TENTHS.match(source.sample[0]):
        notes.add(f"no frame rate; read as {_USUAL_RATE:g} frames per second")
    return out


def _matches(source: Source) -> bool:
    timed = sum(bool(_FRAMES.match(line) or _TENTHS.match(line)) for line in source.sample)
    return timed > 0.5 * len(source.sample)


FORMAT = Format(
    "microdvd",
    (),
    "MicroDVD and MPL2 captions",
    read,
    aliases=("mpl2",),
    more_extensions=(".mpl",),
    evidence="lines",
    matches=_matches,
)
