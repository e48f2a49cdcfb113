"""Reviewed alignments as ground truth: the parts of a recording whose captions a person has judged."""

from __future__ import annotations

from dataclasses import dataclass

from ctcalign.alignment.alignment import Alignment
from ctcalign.spans import Span
from ctcalign.text.words import plain_words

MARGIN = 0.5  # seconds of a part beside its captions, at most half of what is between them and the next ones


@dataclass(frozen=True)
class ReviewedPart:
    """A stretch of a recording, and the places of the cues that are spoken in it as a person has judged."""

    span: Span
    cues: tuple[int, ...]


def reviewed_parts(alignment: Alignment) -> list[ReviewedPart]:
    """The parts in which every caption was reviewed, in file order; the whole recording if all captions were.

    Accepted and corrected captions are the truth. A rejected one is not spoken: what is spoken in its place has no
    caption. Captions of mark-up alone do not count.
    """
    spoken = [place for place, cue in enumerate(alignment.cues) if plain_words(cue.text)]
    runs: list[list[int]] = [[]]
    for place in spoken:
        if alignment.cues[place].reviewed:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    whole = all(alignment.cues[place].reviewed for place in spoken)
    found = []
    others = [span for cue in alignment.cues if not cue.reviewed and (span := cue.span) is not None]
    for run in runs:
        right = [place for place in run if alignment.cues[place].reviewed != "rejected"]
        spans = {place: span for place in right if (span := alignment.cues[place].span) is not None}
        if not spans:
            continue
        start, end = min(span.start for span in spans.values()), max(span.end for span in spans.values())
        if whole:
            found.append(ReviewedPart(Span(0.0, alignment.duration), tuple(spans)))
        elif not any(other.overlap((start, end)) > 0 for other in others):
            before = max((other.end for other in others if other.end <= start), default=-start)
            after = min((other.start for other in others if other.start >= end), default=2 * alignment.duration - end)
            left, right_margin = min(MARGIN, (start - before) / 2), min(MARGIN, (after - end) / 2)
            span = Span(max(0.0, start - left), min(alignment.duration, end + max(right_margin, 0.0)))
            found.append(ReviewedPart(span, tuple(spans)))
    return found
