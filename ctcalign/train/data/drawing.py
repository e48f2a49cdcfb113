"""Batches drawn over all processes and divided among them: the utterances of each update, before their audio is read.

A corpus is a number of streams. One stream is the whole corpus: every process draws the same batches from the same seed
and takes every n-th utterance of each. With several streams, each has its own shards, and a batch takes some utterances
from every stream: a process then reads only the shards of its streams. In both cases the utterances of a batch do not
depend on the number of processes, and a batch is identified by its epoch and index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.checks import check_count
from ctcalign.errors import UsageError
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.processes import any_over_processes, gather_objects, seed_of

_CUTS_FOR_BINS = 2000
_WINDOW = 16


@dataclass(frozen=True)
class ProcessBatch:
    """The utterances of a batch that one process trains on in one step.

    Attributes:
        epoch, index: position of the batch.
        part: which of the accumulated steps of an update it is, from 0.
        last: whether it is the last of its epoch.
        cuts: the utterances.  spare: whether they belong to another step, because this one has none of its own.
    """

    epoch: int
    index: int
    last: bool
    cuts: list[Any]
    spare: bool
    part: int = 0


class GlobalBatches:
    """Draws the batches of an epoch.

    Args:
        name, sources: see `open_cuts`.
        max_duration: seconds of speech in a step of all processes.  max_cuts: utterances in it; None: no limit.
        longest: seconds; longer utterances are skipped and counted.
        buckets: groups of similar duration.  buffer: cuts of a stream in memory for sorting and shuffling.
        shuffle, seed: whether each epoch has its own random order, and the seed of these orders.
        rank, world_size: rank of this process, and number of processes.
        parts: accumulated steps of an update: a batch of `parts * max_duration` seconds is divided among them.
        trust: whether cuts may run commands or open URLs.
        agree: function that tells whether a value is true in any process; every process calls it.
    Attributes:
        skipped: utterances of the current epoch that were too long, as far as this process has read them.
    """

    def __init__(
        self,
        name: str,
        sources: str | list[str],
        *,
        max_duration: float,
        max_cuts: int | None = None,
        longest: float = 30.0,
        buckets: int = 10,
        buffer: int = 2000,
        shuffle: bool = False,
        seed: int = 1,
        rank: int = 0,
        world_size: int = 1,
        parts: int = 1,
        trust: Trust = NO_TRUST,
        agree: Callable[[bool], bool] = any_over_processes,
    ) -> None:
        if not max_duration > 0 or not longest > 0:
            raise UsageError(f"{name}: expected max_duration and longest > 0 seconds, got {max_duration} and {longest}")
        for what, value in (("max_cuts", max_cuts), ("buckets", buckets), ("buffer", buffer)):
            if value is not None:
                check_count(f"{name}: {what}", value)
        self.name, self.sources = name, sources
        self.max_duration, self.max_cuts, self.longest = max_duration, max_cuts, longest
        self.buckets, self.buffer, self.shuffle, self.seed = buckets, buffer, shuffle, seed
        self.rank, self.world_size, self.parts, self.trust, self.agree = rank, world_size, parts, trust, agree
        self.skipped = 0
        self._divided = False
        self._bins: dict[tuple[int, int], list[float]] = {}
        self._spare: Any = None

    def epoch(self, epoch: int, start: int = 0, streams: int = 1) -> Iterator[ProcessBatch]:
        """This process's part of the batches of an epoch, from batch `start` on.

        Args:
            streams: number of streams; if the number of processes does not divide it, every process reads all of them.
        Raises:
            UsageError: a source is missing, or there is no utterance.
        """
        if self.max_cuts is not None and self.max_cuts * self.parts < streams:
            raise UsageError(
                f"{self.name}: max_cuts: got {self.max_cuts} for {streams} streams, of each of which a batch takes "
                f"utterances; expected at least {-(-streams // self.parts)}"
            )
        self.skipped = 0
        before: tuple[int, list[list[Any]]] | None = None
        for drawn in enumerate(self._own(epoch, streams)):
            if before is not None and before[0] >= start:
                yield from self._steps(epoch, *before, last=False)
            before = drawn
        if before is None:
            raise UsageError(
                f"{self.name}: there is no utterance of at most {self.longest:g} seconds in {self.sources}"
            )
        if before[0] >= start:
            yield from self._steps(epoch, *before, last=True)

    def skipped_by_all(self) -> int:
        """Utterances of the current epoch that were too long. Every process must call it."""
        return sum(gather_objects(self.skipped)) if self._divided else self.skipped

    def _own(self, epoch: int, streams: int) -> Iterator[list[list[Any]]]:
        """This process's utterances of each batch, for each of its steps."""
        self._divided = divided = streams % self.world_size == 0
        # Whether a step gets what one process would get if there were as many processes as steps in an update.
        whole = streams % (self.world_size * self.parts) == 0
        numbers = [
            number
            for number in range(streams)
            if not divided or (number // self.parts if whole else number) % self.world_size == self.rank
        ]
        opened = [self._stream(epoch, number, streams) for number in numbers]
        while True:
            drawn = [next(stream, None) for stream in opened]
            # If a stream ends before the others, its process has no utterances for the rest of the epoch.
            more = any(cuts is not None for cuts in drawn)
            if not (self.agree(more) if divided and self.world_size > 1 else more):
                return
            found = [cuts or [] for cuts in drawn]
            if whole:
                steps = [_sorted(found[part :: self.parts]) for part in range(self.parts)]
            else:
                steps = [_sorted(found)[part :: self.parts] for part in range(self.parts)]
            if not divided:
                steps = [step[self.rank :: self.world_size] for step in steps]
            self._spare = next((cuts[-1] for cuts in reversed(found) if cuts), self._spare)
            yield steps

    def _steps(self, epoch: int, index: int, steps: list[list[Any]], last: bool) -> Iterator[ProcessBatch]:
        for part, own in enumerate(steps):
            end = last and part == self.parts - 1
            yield ProcessBatch(epoch, index, end, own or [self._spare], not own, part)

    def _stream(self, epoch: int, number: int, streams: int) -> Iterator[list[Any]]:
        from lhotse.dataset import DynamicBucketingSampler

        seed = seed_of(self.seed, "order", epoch) % 2**31
        cuts = open_cuts(self.name, self.sources, seed if self.shuffle else None, self.trust, (number, streams))
        sampler = DynamicBucketingSampler(
            cuts.filter(self._fits),
            max_duration=self.max_duration * self.parts / streams,
            max_cuts=None if self.max_cuts is None else self.max_cuts * self.parts // streams,
            duration_bins=self._bounds(number, streams),
            buffer_size=self.buffer,
            shuffle=self.shuffle,
            seed=seed,
            # The streams draw from the same bucket. Without it lhotse 1.33 ends the epoch at the first empty bucket and
            # drops the remaining cuts.
            sync_buckets=True,
            world_size=1,
            rank=0,
        )
        yield from map(list, _shuffled(sampler, np.random.default_rng(seed)) if self.shuffle else sampler)

    def _bounds(self, number: int, streams: int) -> list[float]:
        """Bounds of duration between groups that last for equally many batches.

        lhotse draws the groups with equal probability. With groups of as many cuts, those of long ones would be left
        over at the end of the epoch. The bounds are the same in every epoch, also after a stop.
        """
        if (number, streams) not in self._bins:
            order = seed_of(self.seed, "order", 0) % 2**31 if self.shuffle else None
            cuts = open_cuts(self.name, self.sources, order, self.trust, (number, streams), audio=False)
            first = list(islice(cuts, _CUTS_FOR_BINS))
            if not first:
                raise UsageError(f"{self.name}: the sources contain no cuts")
            self._spare = self._spare or first[0]
            durations = np.sort([cut.duration for cut in first])
            # A cut takes a share of the duration of a batch, but at least its share of the number of cuts.
            batches = np.cumsum(np.maximum(durations / self.max_duration, 1 / (self.max_cuts or np.inf)))
            places = np.searchsorted(batches, batches[-1] * np.arange(1, self.buckets) / self.buckets)
            self._bins[number, streams] = sorted({float(durations[place]) for place in places})
        return self._bins[number, streams]

    def _fits(self, cut: Any) -> bool:
        fits = bool(cut.duration <= self.longest)
        self.skipped += not fits
        return fits


def _sorted(streams: Iterable[list[Any]]) -> list[Any]:
    """Utterances of several streams, longest first, so that taking every n-th gives equal parts."""
    return sorted((cut for cuts in streams for cut in cuts), key=lambda cut: (-cut.duration, cut.id))


def _shuffled(batches: Iterable[Any], rng: np.random.Generator) -> Iterator[Any]:
    """Batches shuffled in a sliding window, since lhotse visits the buckets in the same order every epoch."""
    window: list[Any] = []
    for batch in batches:
        window.append(batch)
        if len(window) == _WINDOW:
            yield window.pop(int(rng.integers(_WINDOW)))
    while window:
        yield window.pop(int(rng.integers(len(window))))
