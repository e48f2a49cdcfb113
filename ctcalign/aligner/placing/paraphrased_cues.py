"""Times of cues without a found word although there is speech between their neighbours.

The text of a cue may paraphrase what is spoken: no word of it is found, and there is speech between its neighbours that
no cue covers. If there are as many stretches of this speech as unplaced cues, and they are together about as long as
the cues would be, each cue gets its stretch. Sounds that the text marks, such as applause, may get a stretch too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.placing.uncaptioned_speech import recognised_speech
from ctcalign.aligner.placing.words import Placement
from ctcalign.aligner.transcript import Transcript
from ctcalign.emission.emission import Emission
from ctcalign.spans import Span

# Largest ratio between the duration of the cues between two neighbours, at the pace of the others, and the length of
# their stretches.
MOST_RATIO = 1.75
EDGES = 0.3  # seconds that a stretch is longer than from its first to its last symbol


def with_paraphrases(
    transcript: Transcript, placement: Placement, emission: Emission
) -> tuple[list[Span | None], set[int]]:
    """Start and end of each cue, and the cues that are placed although none of their words was found.

    First, speech is reserved for every unplaced cue. Speech reserved for a cue that does not fit is then
    returned to its neighbours, and the cues that fit are matched again: their neighbours' edges may have moved.

    Args:
        transcript: the input.
        placement: of its words, with the speech between them.
        emission: of the recording.
    """
    spans = cue_spans(transcript, placement, reserved=None)
    reserved = _matches(transcript, spans, placement, emission)
    spans = cue_spans(transcript, placement, reserved)
    if not reserved:
        return spans, set()
    found = _matches(transcript, spans, placement, emission, only=reserved)
    for cue, span in found.items():
        spans[cue] = span
    return spans, set(found)


def _matches(
    transcript: Transcript,
    spans: Sequence[Span | None],
    placement: Placement,
    emission: Emission,
    only: Collection[int] | None = None,
) -> dict[int, Span]:
    """The stretch of each cue that fits.

    Args:
        spans: of the placed cues.
        only: cues that may be placed; None: all unplaced ones.
    """
    letters = [sum(map(transcript.letters, numbers)) for numbers in transcript.numbers_of_cues()]
    found: dict[int, Span] = {}
    pace = _pace(spans, letters)
    if pace is None:
        return found
    for gap in _gaps(spans, letters, emission.duration):
        inside = recognised_speech(emission, gap.after, gap.before)
        waiting = [cue for cue in gap.cues if letters[cue]]
        if len(inside) == len(gap.cues):  # a stretch for each mark, too
            pairs = [(cue, span) for cue, span in zip(gap.cues, inside, strict=True) if letters[cue]]
        else:
            pairs = list(zip(waiting, inside, strict=True)) if len(waiting) == len(inside) else []
        pairs = [(cue, span) for cue, span in pairs if only is None or cue in only]
        if not pairs or not _fits([(letters[cue] * pace, span) for cue, span in pairs]):
            continue
        found |= {cue: _edges(span, placement.speech, gap) for cue, span in pairs}
    return found


@dataclass(frozen=True)
class _Gap:
    """Unplaced cues, marks included, between two placed ones that end at `after` and begin at `before`."""

    cues: list[int]
    after: float
    before: float


def _gaps(spans: Sequence[Span | None], letters: Sequence[int], duration: float) -> list[_Gap]:
    """Gaps with at least one cue that has spoken words."""
    gaps: list[_Gap] = []
    after = 0.0
    waiting: list[int] = []
    for cue, span in enumerate(spans):
        if span is None:
            waiting.append(cue)
            continue
        gaps.append(_Gap(waiting, after, span.start))
        waiting, after = [], span.end
    gaps.append(_Gap(waiting, after, duration))
    return [gap for gap in gaps if any(letters[cue] for cue in gap.cues)]


def _pace(spans: Sequence[Span | None], letters: Sequence[int]) -> float | None:
    """Seconds per letter in the placed cues; None without any."""
    placed = [(span, count) for span, count in zip(spans, letters, strict=True) if span is not None and span.end]
    total = sum(count for _, count in placed)
    return sum(span.duration for span, _ in placed) / total if total else None


def _fits(pairs: Sequence[tuple[float, tuple[float, float]]]) -> bool:
    """Whether stretches are together about as long as their cues would be, in seconds."""
    expected = sum(seconds for seconds, _ in pairs)
    length = sum(end - start + EDGES for _, (start, end) in pairs)
    return expected <= MOST_RATIO * length and length <= MOST_RATIO * expected


def _edges(stretch: tuple[float, float], speech: Sequence[tuple[float, float]], gap: _Gap) -> Span:
    """A stretch from the onset of its first sound to the offset of its last."""
    own = [part for part in speech if part[1] > stretch[0] and part[0] < stretch[1]]
    start = min([stretch[0], *(part[0] for part in own)])
    end = max([stretch[1], *(part[1] for part in own)])
    return Span(max(start, gap.after), min(end, gap.before))
