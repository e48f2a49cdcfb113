"""Find the texts that are spoken within a stretch of audio: each alone, then those in a consistent order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ctcalign.aligner.ipfa.amounts import LETTER
from ctcalign.aligner.ipfa.segmenter import Post, Segment, Segmenter
from ctcalign.aligner.ipfa.settings import Settings
from ctcalign.errors import NoPathError

OVERLAP = 0.1  # seconds by which two neighbours may overlap


@dataclass
class Scout:
    """Searches for texts in audio.

    Attributes:
        texts: all texts of the recording, in order.
        post, segmenter, settings: see `Post`, `Segmenter`, `Settings`.
        trials: number of segmentations.
    """

    texts: Sequence[str]
    post: Post
    segmenter: Segmenter
    settings: Settings
    trials: int = 0

    def margin(self, segment: Segment, seconds: float) -> float:
        """Nats by which an utterance, searched in a window of `seconds`, exceeds the score that counts as spoken."""
        spare = max(0.0, seconds - segment.labels * LETTER)
        return segment.total - self.settings.good_label * segment.labels - self.settings.chance * math.log1p(2 * spare)

    def sure(self, segment: Segment) -> bool:
        """Whether an utterance scores well enough for the search to continue from it."""
        return segment.total >= self.settings.sure_label * segment.labels

    def together(self, start: float, end: float, numbers: Sequence[int]) -> dict[int, Segment]:
        """The best places of several texts in order, between two times; empty if they do not fit."""
        if not numbers or end <= start:
            return {}
        self.trials += 1
        try:
            found = self.segmenter(self.post(start, end), [self.texts[n] for n in numbers])(len(numbers))
        except NoPathError:
            return {}
        return {n: segment.shifted(start) for n, segment in zip(numbers, found, strict=True)}

    def between(self, start: float, end: float, numbers: Sequence[int], depth: int = 3) -> dict[int, Segment]:
        """Places of the texts that are spoken between two times, in order and without overlap.

        Each text is placed alone; of those above the required score, the ordered subset with the largest sum of margins
        is kept and placed jointly; the others are searched in the gaps.
        """
        seconds = end - start
        alone: dict[int, tuple[Segment, float]] = {}
        for n in numbers:
            for segment in self.together(start, end, [n]).values():
                margin = self.margin(segment, seconds)
                if margin > 0:
                    alone[n] = (segment, margin)
        kept = in_order(alone, numbers, self.settings)
        found = {n: alone[n][0] for n in kept}
        joint = self.together(start, end, kept) if len(kept) > 1 else {}
        if joint and all(self.margin(segment, seconds) > 0 for segment in joint.values()):
            found = joint
        if not found or depth == 0:
            return found
        inner: dict[int, Segment] = {}
        for low, high, left in gaps(found, numbers, start, end):
            inner.update(self.between(low, high, left, depth - 1))
            for run in runs_without(inner, left):
                inner.update(self._beside(found, run, start, end))
        return dict(sorted({**found, **inner}.items()))

    def _beside(self, found: dict[int, Segment], run: Sequence[int], start: float, end: float) -> dict[int, Segment]:
        """Places of a run of texts jointly with its neighbours, which may move; empty unless all score well enough.

        The best occurrence of a repeated sentence may have been assigned to the wrong text.
        """
        before = max((n for n in found if n < run[0]), default=None)
        after = min((n for n in found if n > run[-1]), default=None)
        low = max((found[n].end for n in found if before is not None and n < before), default=start)
        high = min((found[n].start for n in found if after is not None and n > after), default=end)
        beside = [n for n in (before, after) if n is not None]
        joint = self.together(low, high, sorted([*beside, *run]))
        spare = high - low - sum(segment.end - segment.start for segment in joint.values())
        if not joint or any(self.margin(s, spare + s.end - s.start) <= 0 for s in joint.values()):
            return {}
        found.update({n: joint[n] for n in beside})
        return {n: joint[n] for n in run}


def in_order(alone: Mapping[int, tuple[Segment, float]], numbers: Sequence[int], settings: Settings) -> list[int]:
    """Numbers of the ordered texts with the largest sum of margins minus the cost of skipped texts."""
    rank = {n: place for place, n in enumerate(numbers)}
    best: dict[int, tuple[float, int | None]] = {}
    for n in sorted(alone):
        segment, margin = alone[n]
        top, origin = -_skips(rank[n], settings), None
        for m, (value, _) in best.items():
            if alone[m][0].end <= segment.start + OVERLAP:
                value -= _skips(rank[n] - rank[m] - 1, settings)
                if value > top:
                    top, origin = value, m
        best[n] = (top + margin, origin)
    kept: list[int] = []
    at = max(best, key=lambda n: best[n][0], default=None)
    if at is not None and best[at][0] <= 0:
        return []
    while at is not None:
        kept.append(at)
        at = best[at][1]
    return kept[::-1]


def _skips(count: int, settings: Settings) -> float:
    return min(settings.most_skip_cost, settings.skip_cost * count)


def gaps(
    found: Mapping[int, Segment], numbers: Sequence[int], start: float, end: float
) -> list[tuple[float, float, list[int]]]:
    """Stretches between placed texts with the unplaced texts that belong there; stretches without any are omitted."""
    edges = [(-1, start, start), *((n, s.start, s.end) for n, s in sorted(found.items())), (1 << 62, end, end)]
    result = []
    for (n, _, low), (m, high, _) in pairwise(edges):
        left = [number for number in numbers if n < number < m]
        if left:
            result.append((low, high, left))
    return result


def runs_without(found: Mapping[int, Segment], numbers: Sequence[int]) -> list[list[int]]:
    """Runs of adjacent numbers without a place."""
    runs: list[list[int]] = []
    for place, n in enumerate(numbers):
        if n in found:
            continue
        if runs and place and numbers[place - 1] == runs[-1][-1]:
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs
