"""Long recordings with their alignments, made by repeating the bundled talk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile as sf

from ctcalign.alignment.alignment import AlignedCue, Alignment

TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"
CAPTIONS = TALK.with_suffix(".srt")


def repeated(alignment: Alignment, seconds: float, *, seed: int = 0) -> Alignment:
    """The alignment of its recording repeated for a time, with confidences spread over [0, 1]."""
    random = np.random.default_rng(seed)
    cues: list[AlignedCue] = []
    unwritten: list[tuple[float, float]] = []
    offset = 0.0
    while offset + alignment.duration <= seconds:
        for cue in alignment.cues:
            confidence = None if cue.confidence is None else round(float(random.beta(6, 1)), 4)
            cues.append(replace(_shifted(cue, offset), index=len(cues), confidence=confidence))
        unwritten.append((offset, offset + 1.0))
        offset += alignment.duration
    return replace(alignment, audio="", duration=seconds, cues=cues, unwritten=unwritten)


def _shifted(cue: AlignedCue, offset: float) -> AlignedCue:
    def later(time: float | None) -> float | None:
        return None if time is None else time + offset

    words = [replace(word, start=later(word.start), end=later(word.end), tokens=[]) for word in cue.words]
    return replace(cue, start=later(cue.start), end=later(cue.end), words=words, alternatives=[])


def write_repeated(path: Path, seconds: float) -> None:
    """The talk repeated for a time, in the format that the extension of `path` names (.wav, .flac)."""
    samples, rate = sf.read(TALK, dtype="float32")
    with sf.SoundFile(path, "w", rate, 1, subtype="PCM_16") as file:
        left = round(seconds * rate)
        while left > 0:
            file.write(samples[:left])
            left -= len(samples)
