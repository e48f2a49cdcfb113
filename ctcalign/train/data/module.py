"""Cuts as Lightning wants them: batches over all processes, and the place from which a stopped training goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytorch_lightning as pl
from torch.utils.data import DataLoader

from ctcalign.errors import UsageError
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.batches import GlobalBatches, Reader, Share


class BatchLoader:
    """Batches from wherever `shares` begins at the moment. Not a torch DataLoader, so Lightning leaves its order alone.

    Args:
        shares: gives the shares of one pass.  reader: makes batches of them.  workers: processes that read, >= 0.
    """

    def __init__(self, shares: Callable[[], Iterator[Share]], reader: Reader, workers: int) -> None:
        self._shares, self._reader, self._workers = shares, reader, workers

    def __iter__(self) -> Iterator[Batch]:
        # A sampler that is iterated in this process; each of its items is read by a worker.
        loader: DataLoader[Batch] = DataLoader(
            self._reader,
            sampler=_Once(self._shares),
            batch_size=None,
            num_workers=self._workers,
            prefetch_factor=4 if self._workers else None,
        )
        yield from loader


class _Once:
    def __init__(self, shares: Callable[[], Iterator[Share]]) -> None:
        self._shares = shares

    def __iter__(self) -> Iterator[Share]:
        return self._shares()


class CutsDataModule(pl.LightningDataModule):
    """Training and validation utterances from lhotse cuts.

    Features are log-mel energies of 25 ms windows every 10 ms, made on the fly. Batches are drawn over all processes:
    one process and several with the same settings see the same.

    Args:
        train, validation: Shar folders or cut manifests, one or several; without one there is no such part.
        max_duration: seconds of speech in a training batch, of all processes together.
        max_cuts: utterances in it at most.
        validation_duration: seconds of speech in a validation batch; the same as `max_duration` when left out.
        longest: seconds; longer training utterances are left out and counted.
        buckets: groups of like duration.
        buffer: cuts held in memory for sorting and shuffling, with their sound when they come from Shar.
        augmentation: speed, noise and masks of training utterances.
        workers: reading processes of each training process.
        seed: of order and augmentation.
    Raises:
        UsageError: a number is out of range, or a source is missing.
    """

    def __init__(
        self,
        train: str | list[str] | None = None,
        validation: str | list[str] | None = None,
        max_duration: float = 120.0,
        max_cuts: int | None = None,
        validation_duration: float | None = None,
        longest: float = 30.0,
        buckets: int = 10,
        buffer: int = 2000,
        augmentation: Augmentation | None = None,
        workers: int = 1,
        seed: int = 1,
    ) -> None:
        super().__init__()
        if workers < 0:
            raise UsageError(f"workers: must be 0 or more, got {workers}")
        self.train, self.validation = train, validation
        self.augmentation, self.workers, self.seed = augmentation or Augmentation(), workers, seed
        self._train = partial(
            GlobalBatches,
            max_duration=max_duration,
            max_cuts=max_cuts,
            longest=longest,
            buckets=buckets,
            buffer=buffer,
            shuffle=True,
            seed=seed,
        )
        self._validation = partial(
            GlobalBatches, max_duration=validation_duration or max_duration, longest=float("inf"), buckets=buckets
        )
        self._batches: GlobalBatches | None = None
        self._position = (0, 0)
        if validation is None:
            # Lightning takes the hook's presence for the wish to validate.
            self.val_dataloader = None  # type: ignore[method-assign,assignment]

    def train_dataloader(self) -> BatchLoader:
        """Training batches; each pass goes on where training is."""
        if self.train is None:
            raise UsageError("data.train: expected a Shar folder or a cut manifest to train on, got none")
        self._batches = batches = self._train("data.train", self.train, **self._place())
        return BatchLoader(
            lambda: batches.epoch(*self._position), Reader(self.augmentation, self.seed), workers=self.workers
        )

    def val_dataloader(self) -> BatchLoader:
        """Validation batches, as they are and with the times of their words."""
        assert self.validation is not None  # __init__ takes the hook away
        batches = self._validation("data.validation", self.validation, **self._place())
        return BatchLoader(lambda: batches.epoch(0), Reader(words=True), workers=self.workers)

    def _place(self) -> dict[str, Any]:
        trainer = self.trainer
        return {"rank": trainer.global_rank, "world_size": trainer.world_size} if trainer is not None else {}

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Remember how far training is: the batch that is about to be trained on, not those read ahead."""
        if isinstance(batch, Batch) and self.trainer is not None and self.trainer.training:
            self._position = (batch.epoch + 1, 0) if batch.last else (batch.epoch, batch.index + 1)
            if batch.last and self._batches is not None and self._batches.left_out:
                pl.utilities.rank_zero_info(
                    f"epoch {batch.epoch}: {self._batches.left_out} utterances longer than "
                    f"{self._batches.longest:g} s were left out"
                )
        return batch

    def state_dict(self) -> dict[str, Any]:
        """Where training is, for a checkpoint."""
        return {"epoch": self._position[0], "batch": self._position[1]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self._position = (state_dict["epoch"], state_dict["batch"])
