"""Stretches of time in seconds, and the clock that turns seconds into frames of an emission and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of time, in seconds unless its name says otherwise. The start is included, the end is not.

    It is a plain tuple: `start, end = span`, and it equals any other pair of the same two numbers.
    """

    start: float
    end: float

    @classmethod
    def of(cls, start: float | None, end: float | None) -> Span | None:
        """The span of two times, None unless both are known.

        >>> Span.of(1.0, 2.5), Span.of(1.0, None)
        (Span(start=1.0, end=2.5), None)
        """
        return None if start is None or end is None else cls(start, end)

    @property
    def duration(self) -> float:
        """Length; negative when the end lies before the start."""
        return self.end - self.start

    def overlap(self, other: tuple[float, float]) -> float:
        """Length that both have in common, >= 0.

        >>> Span(1.0, 3.0).overlap((2.5, 9.0))
        0.5
        """
        return max(0.0, min(self.end, other[1]) - max(self.start, other[0]))


@dataclass(frozen=True)
class FrameClock:
    """Converts between seconds and frames: frame t covers [offset + t * frame_shift, offset + (t + 1) * frame_shift).

    Attributes:
        frame_shift: seconds between frames, > 0.
        offset: seconds at which frame 0 begins.
        frame_count: number of frames, for `frames`; None where there is no last one.

    >>> clock = FrameClock(0.02, frame_count=100)
    >>> clock.frame(0.5), clock.seconds(25), clock.frames((-1.0, 0.5))
    (25, 0.5, (0, 25))
    """

    frame_shift: float
    offset: float = 0.0
    frame_count: int | None = None

    def frame(self, seconds: float) -> int:
        """The nearest frame boundary; not clipped, so it may be negative or lie beyond the last frame."""
        return round(self.position(seconds))

    def position(self, seconds: float) -> float:
        """A time in frames, not rounded: 2.5 lies in the middle of frame 2."""
        return (seconds - self.offset) / self.frame_shift

    def seconds(self, frame: float) -> float:
        """Where a frame begins."""
        return self.offset + frame * self.frame_shift

    def span(self, first: int, stop: int) -> Span:
        """The stretch that frames [first, stop) cover."""
        return Span(self.seconds(first), self.seconds(stop))

    def frames(self, span: tuple[float, float]) -> tuple[int, int]:
        """Frames [first, stop) of a stretch, each edge rounded to the nearest boundary and clipped to what exists."""
        first, stop = max(0, self.frame(span[0])), max(0, self.frame(span[1]))
        if self.frame_count is None:
            return first, stop
        return min(first, self.frame_count), min(stop, self.frame_count)

    def count(self, seconds: float) -> int:
        """Frames that a duration takes, rounded to the nearest."""
        return round(seconds / self.frame_shift)
