"""The published decision about one window: which texts are accepted, which are put off, where the anchor comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctcalign.aligner.ipfa.segmenter import Segment
from ctcalign.aligner.ipfa.settings import Settings


@dataclass(frozen=True)
class Decision:
    """What a window gives.

    Attributes:
        accepted: segments, in order.
        deferred: texts for the next window, last one first.
        anchor: where the next window begins, in seconds from the beginning of this one; None: where it was.
    """

    accepted: list[Segment]
    deferred: list[str]
    anchor: float | None = None


def decide(place: Callable[[int], list[Segment]], texts: list[str], last_row: bool, settings: Settings) -> Decision:
    """Shorten the text from its end until its last utterance is good, then on while that becomes better.

    Only the last utterance is judged; those before it are accepted with it, whatever their scores.

    Args:
        place: gives the segments of the first n texts.
        texts: at least one.
        last_row: no window follows: everything is accepted as it is.
        settings: thresholds.
    """
    best: list[Segment] | None = None
    count = len(texts)

    def accept(segments: list[Segment], deferred: int) -> Decision:
        return Decision(segments, list(reversed(texts[deferred:])), segments[-1].end)

    while True:
        segments = [
            segment.penalised(settings.penalty) if len(segment.text) < settings.short_text else segment
            for segment in place(count)
        ]
        last = segments[-1]
        good = last.score >= settings.threshold
        if last_row:
            return Decision(segments, [])
        if best is None:
            if not good and count == 1:
                return Decision([], list(reversed(texts)))
            if good and (last.score > settings.nice or count == 1):
                return accept(segments, count)
            if good:
                best = segments
        else:
            before = best[-2].score  # the same utterance with one more text after it
            if last.score > settings.nice and last.score != before:
                return accept(segments, count)
            if before >= last.score:
                return accept(best, count + 1)
            if count == 1:
                return accept(segments, count) if good else Decision([], list(reversed(texts)))
            if not good:
                return accept(best, count + 1)
            best = segments
        count -= 1
