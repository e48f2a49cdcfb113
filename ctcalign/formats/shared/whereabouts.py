"""The recording of an alignment that was written in another working folder."""

from __future__ import annotations

import os
from pathlib import Path

_CLOSE = 1.0  # seconds by which the durations of an alignment and its recording may differ


def find_recording(audio: str, beside: str | Path, duration: float = 0.0) -> Path | None:
    """The file of a recording; None if there is none.

    A relative name is looked up from the working folder, from the folder of the alignment and those above it, and as
    a file beside the alignment. Among several files the first with the duration of the alignment counts.

    Args:
        audio: as the alignment names it.  beside: file of the alignment.
        duration: of the alignment in seconds, 0 if unknown.
    """
    if not audio or "\0" in audio:
        return None
    folder = Path(os.path.abspath(beside)).parent
    name = Path(audio)
    places = [
        name,
        *(above / name for above in (folder, *folder.parents)),
        folder / audio.replace("\\", "/").split("/")[-1],
    ]
    found = list(dict.fromkeys(place.resolve() for place in places if os.path.isfile(place)))
    if len(found) > 1 and duration > 0:
        found.sort(key=lambda place: not _lasts(place, duration))
    return found[0] if found else None


def _lasts(file: Path, duration: float) -> bool:
    from ctcalign.audio import probe
    from ctcalign.errors import AudioError

    try:
        seconds = probe(file).duration
    except AudioError:
        return False
    return seconds is not None and abs(seconds - duration) < _CLOSE
