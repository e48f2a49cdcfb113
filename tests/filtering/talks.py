"""Alignments and lhotse rows to filter."""

from __future__ import annotations

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment


def cue(index, text, start, end, confidence, **more):
    """A cue whose words share its duration and its confidence."""
    texts = text.split()
    length = (end - start) / len(texts)
    words = [
        AlignedWord(w, start + i * length, start + (i + 1) * length, confidence=confidence) for i, w in enumerate(texts)
    ]
    return AlignedCue(index, text, start, end, confidence=confidence, score=-0.5, words=words, **more)


def talk():
    """10 s with confidence 0.98, 5 s with 0.6, a cue that is not spoken, one that failed, 2 s without a confidence."""
    high, low = cue(0, "Good evening", 0.0, 10.0, 0.98), cue(1, "ladies and", 10.0, 15.0, 0.6)
    not_spoken = AlignedCue(2, "nobody", status="not_spoken", reason="not found in the audio", confidence=0.01)
    failed = AlignedCue(3, "broken", status="failed", reason="no path")
    unknown = cue(4, "gentlemen", 20.0, 22.0, None)
    return Alignment("talk.wav", 30.0, "none", [high, low, not_spoken, failed, unknown])


def supervision(name, custom, **more):
    """A row of a lhotse manifest."""
    return {"id": name, "recording_id": "r", "start": 0, "duration": 1.0, "text": "x", "custom": custom, **more}
