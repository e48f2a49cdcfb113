"""Whether a recording is the one that was aligned."""

from __future__ import annotations

from ctcalign.alignment.alignment import Alignment

END = 1.0  # seconds by which the duration of a recording may differ: decoders do not agree on it


def misfits(alignment: Alignment, duration: float | None) -> list[str]:
    """Warnings about an alignment that seems to be that of another recording.

    Args:
        duration: of the recording in seconds; None: unknown.
    """
    if duration is None:
        return []
    starts = [cue.span.start for cue in alignment.cues if cue.span is not None]
    late = sum(start > duration + END for start in starts)
    if late:
        return [
            f"{late} of {len(starts)} captions begin after the end of the recording ({duration:.2f} s): are they those "
            "of another one?"
        ]
    # The duration of captions that nobody aligned is the end of the last one.
    if alignment.model and abs(alignment.duration - duration) > END:
        return [
            f"the alignment is of a recording of {alignment.duration:.2f} s, this one has {duration:.2f} s: is it "
            "another one?"
        ]
    return []
