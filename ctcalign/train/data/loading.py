"""Batches drawn over all processes, divided among the processes, and read from audio.

Every process draws the same batches from the same seed and takes every n-th utterance of each. The batches of a
training therefore do not depend on the number of processes, and a batch is identified by its epoch and index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.checks import check_count
from ctcalign.errors import AudioError, UsageError
from ctcalign.models.training.inputs import InputMaker, LogMel
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import PARTIAL, SPARE, TOO_SHORT, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.cuts import captions_of_cut, language_of_cut, open_cuts, outside, read_samples, timed_words
from ctcalign.train.processes import numpy_generator, seed_of

_CUTS_FOR_BINS = 2000
_WINDOW = 16


@dataclass(frozen=True)
class ProcessBatch:
    """The utterances of a batch that one process trains on.

    Attributes:
        epoch, index: position of the batch.  last: whether it is the last of its epoch.
        cuts: the utterances.  spare: whether they belong to another process, because this one has none of its own.
    """

    epoch: int
    index: int
    last: bool
    cuts: list[Any]
    spare: bool


class GlobalBatches:
    """Draws the batches of an epoch.

    Args:
        name, sources: see `open_cuts`.
        max_duration: seconds of speech in a batch of all processes.  max_cuts: utterances in it; None: no limit.
        longest: seconds; longer utterances are skipped and counted.
        buckets: groups of similar duration.  buffer: cuts in memory for sorting and shuffling.
        shuffle, seed: whether each epoch has a random order of its own, and its seed.
        rank, world_size: of this process.
        trust: whether cuts may run commands or open URLs.
    Attributes:
        skipped: utterances of the current epoch that were too long.
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
        trust: Trust = NO_TRUST,
    ) -> None:
        if not max_duration > 0 or not longest > 0:
            raise UsageError(f"{name}: expected max_duration and longest > 0 seconds, got {max_duration} and {longest}")
        for what, value in (("max_cuts", max_cuts), ("buckets", buckets), ("buffer", buffer)):
            if value is not None:
                check_count(f"{name}: {what}", value)
        self.name, self.sources = name, sources
        self.max_duration, self.max_cuts, self.longest = max_duration, max_cuts, longest
        self.buckets, self.buffer, self.shuffle, self.seed = buckets, buffer, shuffle, seed
        self.rank, self.world_size, self.trust = rank, world_size, trust
        self.skipped = 0
        self._bins: list[float] | None = None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[ProcessBatch]:
        """This process's part of the batches of an epoch, from batch `start` on.

        Raises:
            UsageError: a source is missing, or there is no utterance.
        """
        from lhotse.dataset import DynamicBucketingSampler

        self.skipped = 0
        seed = seed_of(self.seed, "order", epoch) % 2**31
        cuts = open_cuts(self.name, self.sources, seed if self.shuffle else None, self.trust)
        if self._bins is None:
            self._bins = _bins([cut.duration for cut in islice(cuts, _CUTS_FOR_BINS)], self.buckets, self.name)
        sampler = DynamicBucketingSampler(
            cuts.filter(self._fits),
            max_duration=self.max_duration,
            max_cuts=self.max_cuts,
            duration_bins=self._bins,
            buffer_size=self.buffer,
            shuffle=self.shuffle,
            seed=seed,
            sync_buckets=True,  # else lhotse 1.33 ends the epoch at the first empty bucket and drops the remaining cuts
            world_size=1,
            rank=0,
        )
        before: tuple[int, list[Any]] | None = None
        drawn = _shuffled(sampler, np.random.default_rng(seed)) if self.shuffle else sampler
        for index, batch in enumerate(drawn):
            if before is not None and before[0] >= start:
                yield self._own_part(epoch, *before, last=False)
            before = index, list(batch)
        if before is None:
            raise UsageError(
                f"{self.name}: there is no utterance of at most {self.longest:g} seconds in {self.sources}"
            )
        if before[0] >= start:
            yield self._own_part(epoch, *before, last=True)

    def _own_part(self, epoch: int, index: int, cuts: list[Any], last: bool) -> ProcessBatch:
        # Sorted by length, so that the load is even between processes.
        cuts = sorted(cuts, key=lambda cut: (-cut.duration, cut.id))
        own = cuts[self.rank :: self.world_size]
        return ProcessBatch(epoch, index, last, own or cuts[-1:], not own)

    def _fits(self, cut: Any) -> bool:
        fits = bool(cut.duration <= self.longest)
        self.skipped += not fits
        return fits


def _shuffled(batches: Iterable[Any], rng: np.random.Generator) -> Iterator[Any]:
    """Batches shuffled in a sliding window, since lhotse visits the buckets in the same order every epoch."""
    window: list[Any] = []
    for batch in batches:
        window.append(batch)
        if len(window) == _WINDOW:
            yield window.pop(int(rng.integers(_WINDOW)))
    while window:
        yield window.pop(int(rng.integers(len(window))))


def _bins(durations: list[float], buckets: int, name: str) -> list[float]:
    """Bounds of duration between groups of equal size."""
    if not durations:
        raise UsageError(f"{name}: the sources contain no cuts")
    inner = np.quantile(durations, np.linspace(0, 1, buckets + 1)[1:-1])
    return sorted({float(bound) for bound in inner})


class Reader(Dataset[Batch]):
    """Reads audio and texts of a process's batch. Runs in the workers of a data loader.

    Args:
        inputs: makes the inputs of the network.
        augmentation: in training, else None.
        seed: of the augmentation, which depends on the seed, the epoch and the utterance alone.
        words: whether to read the times of words.
        trust: whether cuts may run commands or open URLs.
    """

    def __init__(
        self,
        inputs: InputMaker | None = None,
        augmentation: Augmentation | None = None,
        seed: int = 1,
        words: bool = False,
        trust: Trust = NO_TRUST,
    ) -> None:
        self.trust = trust
        self.inputs = inputs or LogMel()
        self.augmentation = augmentation
        self.seed = seed
        self.words = words

    def __getitem__(self, own: ProcessBatch) -> Batch:
        read = [self._input(cut, own.epoch) for cut in own.cuts]
        # Lines stay lines: mark-up such as the dash of a speaker depends on them.
        texts = ["\n".join(one.text.strip() for one in captions_of_cut(cut)).strip() for cut in own.cuts]
        found = [
            (SPARE, "") if own.spare else (reason, detail) if reason else _obstacle(cut, text)
            for cut, (_, reason, detail), text in zip(own.cuts, read, texts, strict=True)
        ]
        return Batch(
            inputs=torch.nn.utils.rnn.pad_sequence(
                [one for one, _, _ in read], batch_first=True, padding_value=self.inputs.padding
            ),
            lengths=torch.tensor([len(one) for one, _, _ in read]),
            texts=texts,
            ids=[cut.id for cut in own.cuts],
            words=[timed_words(cut) for cut in own.cuts] if self.words else [],
            reasons=[reason for reason, _ in found],
            details=[detail for _, detail in found],
            languages=[language_of_cut(cut) for cut in own.cuts],
            epoch=own.epoch,
            index=own.index,
            last=own.last,
        )

    def _input(self, cut: Any, epoch: int) -> tuple[torch.Tensor, str, str]:
        """The input of the network, and the reason if the utterance cannot be used, else "", also in words."""
        rng = numpy_generator(self.seed, "augmentation", epoch, cut.id)
        reason = detail = ""
        try:
            samples = read_samples(cut, self.inputs.sample_rate, self.trust)
            if self.augmentation is not None:
                samples = self.augmentation.samples(samples, rng, self.inputs.sample_rate)
            found = self.inputs(samples)
            if not len(found):
                reason, detail = TOO_SHORT, f"{len(samples)} samples"
        except AudioError as error:
            reason, detail = UNREADABLE, str(error).removeprefix(f"{cut.id}: ")
        if reason:
            return self.inputs.silence(), reason, detail
        masked = self.augmentation is not None and not self.inputs.waveform
        return (self.augmentation.features(found, rng) if self.augmentation and masked else found), "", ""


def _obstacle(cut: Any, text: str) -> tuple[str, str]:
    """Why a cut whose audio can be read cannot be used, else "", and the same in words."""
    if not text:
        return UNTRANSCRIBED, ""
    detail = outside(cut)
    return (PARTIAL, detail) if detail else ("", "")


class BatchLoader:
    """Batches from the current position. Not a torch DataLoader, whose order Lightning would change.

    Args:
        source: returns the process's batches of one pass.  reader: reads them.  workers: reading processes, >= 0.
    """

    def __init__(self, source: Callable[[], Iterator[ProcessBatch]], reader: Reader, workers: int) -> None:
        self._source, self._reader, self._workers = source, reader, workers

    def __iter__(self) -> Iterator[Batch]:
        # The "sampler" is iterated in this process; a worker reads each of its items.
        loader: DataLoader[Batch] = DataLoader(
            self._reader,
            sampler=_Once(self._source),
            batch_size=None,
            num_workers=self._workers,
            prefetch_factor=4 if self._workers else None,
        )
        yield from loader


class _Once:
    def __init__(self, source: Callable[[], Iterator[ProcessBatch]]) -> None:
        self._source = source

    def __iter__(self) -> Iterator[ProcessBatch]:
        return self._source()
