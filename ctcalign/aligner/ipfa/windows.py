"""Frames of a window of seconds."""

from __future__ import annotations

from ctcalign.aligner.ipfa.segmenter import LogProbs, Post

SAMPLES = 16_000  # a second: windows begin and end at whole samples of this rate, as in the published program


def frames_between(log_probs: LogProbs, frame_shift: float, offset: float = 0.0) -> Post:
    """Cut windows out of the emission of a whole recording.

    Args:
        log_probs: (T, C).
        frame_shift: seconds a frame.
        offset: seconds at which frame 0 begins.
    Returns:
        A function of start and end in seconds; the frame nearest to the start comes first. Empty where the window is.
    """
    width = SAMPLES * frame_shift

    def post(start: float, end: float) -> LogProbs:
        first = max(0, round(int((start - offset) * SAMPLES) / width))
        count = max(0, round(int((end - start) * SAMPLES) / width))
        return log_probs[first : first + count]

    return post
