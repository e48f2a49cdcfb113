"""Batches over all processes at once, each process with its share of every batch.

Every process draws the same batches from the same seed and takes every n-th utterance of each. So a training sees the
same whatever the number of processes, and a batch is named by its epoch and place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ctcalign.errors import AudioError, UsageError
from ctcalign.models.encoders.frontend import LEVEL
from ctcalign.models.features import MELS, log_mel
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import SPARE, TOO_SHORT, UNREADABLE, UNTRANSCRIBED, Batch
from ctcalign.train.data.cuts import open_cuts, read_samples, text_of_cut, timed_words
from ctcalign.train.keys import key, numpy_generator

# Frames of silence in place of an utterance without sound: enough for every encoder, so that no NaN is born there.
_STAND_IN_FRAMES = 16
_CUTS_FOR_BINS = 2000
_WINDOW = 16


@dataclass(frozen=True)
class Share:
    """What one process does of a batch.

    Attributes:
        epoch, index: which batch.  last: it is the last of its epoch.
        cuts: the process's own utterances; when it has none, another's.  spare: whether that is so.
    """

    epoch: int
    index: int
    last: bool
    cuts: list[Any]
    spare: bool


class GlobalBatches:
    """The batches of one epoch, from some place on.

    Args:
        name, sources: see `open_cuts`.
        max_duration: seconds of speech of a batch of all processes.  max_cuts: utterances of it, None: any number.
        longest: seconds; longer utterances are left out and counted.
        buckets: groups of like duration.  buffer: cuts that are held for sorting and shuffling.
        shuffle, seed: order of training; each epoch has its own.
        rank, world_size: which process of how many.
    Attributes:
        left_out: utterances of the epoch so far that were too long.
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
    ) -> None:
        if not max_duration > 0 or not longest > 0:
            raise UsageError(
                f"{name}: expected max_duration and longest above 0 seconds, got {max_duration} and {longest}"
            )
        for what, value in (("max_cuts", max_cuts), ("buckets", buckets), ("buffer", buffer)):
            if value is not None and value < 1:
                raise UsageError(f"{name}: {what} must be 1 or more, got {value}")
        self.name, self.sources = name, sources
        self.max_duration, self.max_cuts, self.longest = max_duration, max_cuts, longest
        self.buckets, self.buffer, self.shuffle, self.seed = buckets, buffer, shuffle, seed
        self.rank, self.world_size = rank, world_size
        self.left_out = 0
        self._bins: list[float] | None = None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Share]:
        """The shares of an epoch, from batch `start` on.

        Raises:
            UsageError: a source is missing, or there is no utterance.
        """
        from lhotse.dataset import DynamicBucketingSampler

        self.left_out = 0
        seed = key(self.seed, "order", epoch) % 2**31
        cuts = open_cuts(self.name, self.sources, seed if self.shuffle else None)
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
            sync_buckets=True,  # without it lhotse 1.33 ends the epoch at the first empty group and drops what is left
            world_size=1,
            rank=0,
        )
        before: tuple[int, list[Any]] | None = None
        drawn = _shuffled(sampler, np.random.default_rng(seed)) if self.shuffle else sampler
        for index, batch in enumerate(drawn):
            if before is not None and before[0] >= start:
                yield self._share(epoch, *before, last=False)
            before = index, list(batch)
        if before is None:
            raise UsageError(f"{self.name}: no utterance of at most {self.longest:g} seconds in {self.sources}")
        if before[0] >= start:
            yield self._share(epoch, *before, last=True)

    def _share(self, epoch: int, index: int, cuts: list[Any], last: bool) -> Share:
        # By length, so that the processes have as much to do as each other.
        cuts = sorted(cuts, key=lambda cut: (-cut.duration, cut.id))
        own = cuts[self.rank :: self.world_size]
        return Share(epoch, index, last, own or cuts[-1:], not own)

    def _fits(self, cut: Any) -> bool:
        fits = bool(cut.duration <= self.longest)
        self.left_out += not fits
        return fits


def _shuffled(batches: Iterable[Any], rng: np.random.Generator) -> Iterator[Any]:
    """Batches in a random order, a window of them at a time. lhotse goes through the groups in the same order every
    epoch."""
    window: list[Any] = []
    for batch in batches:
        window.append(batch)
        if len(window) == _WINDOW:
            yield window.pop(int(rng.integers(_WINDOW)))
    while window:
        yield window.pop(int(rng.integers(len(window))))


def _bins(durations: list[float], buckets: int, name: str) -> list[float]:
    """Bounds between groups of as many cuts."""
    if not durations:
        raise UsageError(f"{name}: there are no cuts in it")
    inner = np.quantile(durations, np.linspace(0, 1, buckets + 1)[1:-1])
    return sorted({float(bound) for bound in inner})


class Reader(Dataset[Batch]):
    """From a share to a batch: sound, features, text. Runs in the workers of a data loader.

    Args:
        augmentation: in training, else None.
        seed: of the augmentation; an utterance has the same of it in an epoch whoever reads it.
        words: whether the times of words are wanted.
    """

    def __init__(self, augmentation: Augmentation | None = None, seed: int = 1, words: bool = False) -> None:
        self.augmentation = augmentation
        self.seed = seed
        self.words = words

    def __getitem__(self, share: Share) -> Batch:
        read = [self._features(cut, share.epoch) for cut in share.cuts]
        texts = [text_of_cut(cut) for cut in share.cuts]
        reasons = [
            SPARE if share.spare else reason or ("" if text else UNTRANSCRIBED)
            for (_, reason), text in zip(read, texts, strict=True)
        ]
        return Batch(
            features=torch.nn.utils.rnn.pad_sequence([one for one, _ in read], batch_first=True),
            lengths=torch.tensor([len(one) for one, _ in read]),
            texts=[text or "" for text in texts],
            ids=[cut.id for cut in share.cuts],
            words=[timed_words(cut) for cut in share.cuts] if self.words else [],
            reasons=reasons,
            epoch=share.epoch,
            index=share.index,
            last=share.last,
        )

    def _features(self, cut: Any, epoch: int) -> tuple[torch.Tensor, str]:
        """Log-mel energies (T, 80), and why there are none."""
        rng = numpy_generator(self.seed, "augmentation", epoch, cut.id)
        reason = ""
        try:
            samples = read_samples(cut)
            if self.augmentation is not None:
                samples = self.augmentation.samples(samples, rng)
            found = log_mel(torch.from_numpy(samples)[None])[0]
            if not len(found):
                reason = TOO_SHORT
        except AudioError:
            reason = UNREADABLE
        if reason:
            return torch.full((_STAND_IN_FRAMES, MELS), LEVEL), reason
        return (found if self.augmentation is None else self.augmentation.features(found, rng)), ""
