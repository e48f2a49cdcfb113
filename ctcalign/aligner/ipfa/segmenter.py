"""Log-probs and texts to segments: the interface between the loops and CTC segmentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from numpy.typing import NDArray

from ctcalign.ctc.segmentation.segments import SegmentationRules, Trellis, Utterance, utterance_symbols, utterance_times

LogProbs = NDArray[Any]
Post = Callable[[float, float], LogProbs]
"""Log-probs (T, C) of the audio between two times in seconds; empty where there is no audio."""


SAMPLES = 16_000  # rate on whose samples windows begin and end, as in the published program


@dataclass(frozen=True)
class Segment:
    """A placed utterance.

    Attributes:
        text: as given.
        start, end: seconds, from the beginning of the window or of the recording.
        score: published min-mean of the frames' log-probs in nats, with `penalty` added.
        total: sum of the log-probs of the frames from the first label to the last, in nats.
        labels: number of its labels.
        penalty: part of the score that was added because the text is short.
    """

    text: str
    start: float
    end: float
    score: float
    total: float = 0.0
    labels: int = 1
    penalty: float = 0.0

    def shifted(self, seconds: float) -> Segment:
        """The segment, moved later by some seconds."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)

    def penalised(self, penalty: float) -> Segment:
        """The segment with another penalty added to its score."""
        return replace(self, score=self.score + penalty, penalty=self.penalty + penalty)


class Segmenter(Protocol):
    """Prepares a window for trials. Raises NoPathError if the texts do not fit into the audio.

    Returns a function that places the first n texts, with times from the beginning of the window.
    """

    def __call__(self, log_probs: LogProbs, texts: Sequence[str]) -> Callable[[int], list[Segment]]: ...


class CtcSegmenter:
    """CTC segmentation. The trellis of a window is computed once; each trial is a traceback through part of it.

    Args:
        encode: converts a text to at least one label.
        frame_shift: seconds per frame.
        blank: index of the blank.
        length, last_window: see `ctcalign.ctc.segmentation.segments.min_mean`.
        rounded: round times to 2 and scores to 4 decimals, as the published program does.
        cores: times and scores from the first label to the last, without the published margins.
        rules: see `ctcalign.ctc.segmentation.segments.Trellis`.
    """

    def __init__(
        self,
        encode: Callable[[str], Sequence[int]],
        frame_shift: float,
        blank: int = 0,
        *,
        length: int = 30,
        last_window: bool = True,
        rounded: bool = False,
        cores: bool = False,
        rules: SegmentationRules | None = None,
    ) -> None:
        self._encode = encode
        self._frame_shift = frame_shift
        self._blank = blank
        self._length = length
        self._last_window = last_window
        self._rounded = rounded
        self._cores = cores
        self._rules = rules

    def __call__(self, log_probs: LogProbs, texts: Sequence[str]) -> Callable[[int], list[Segment]]:
        symbols, begins = utterance_symbols([self._encode(text) for text in texts], self._blank)
        whole = Trellis(log_probs, symbols, self._blank, self._rules)
        banded = self._rules is not None and self._rules.window is not None and self._rules.window < len(log_probs)

        def first(count: int) -> list[Segment]:
            trellis = whole
            if banded and count < len(texts):  # a shorter text has a different band
                trellis = Trellis(log_probs, symbols[: begins[count] + 1], self._blank, self._rules)
            path = trellis.path(begins[count])
            found = utterance_times(
                path, begins[: count + 1], self._frame_shift, self._length, self._last_window, cores=self._cores
            )
            segments = []
            for number, (text, place) in enumerate(zip(texts, found, strict=False)):
                total = path.frame_scores[
                    path.frames[begins[number] + 1] : path.frames[begins[number + 1] - 1] + 1
                ].sum()
                labels = begins[number + 1] - begins[number] - 1
                segments.append(self._segment(text, place, float(total), labels))
            return segments

        return first

    def _segment(self, text: str, place: Utterance, total: float, labels: int) -> Segment:
        start, end, score = place.start, place.end, place.score
        if self._rounded:
            start, end, score = float(f"{start:.2f}"), float(f"{end:.2f}"), float(f"{score:.4f}")
        return Segment(text, start, end, score, total, labels)


def frames_between(log_probs: LogProbs, frame_shift: float, offset: float = 0.0) -> Post:
    """Cut windows out of the emission of a whole recording.

    Args:
        log_probs: (T, C).
        frame_shift: seconds per frame.
        offset: seconds at which frame 0 begins.
    Returns:
        A function of start and end in seconds; its first frame is the one nearest to the start.
    """
    width = SAMPLES * frame_shift

    def post(start: float, end: float) -> LogProbs:
        first = max(0, round(int((start - offset) * SAMPLES) / width))
        count = max(0, round(int((end - start) * SAMPLES) / width))
        return log_probs[first : first + count]

    return post
