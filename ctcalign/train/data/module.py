"""Lightning data module of cuts: batches over all processes, resumed where a training was stopped."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytorch_lightning as pl

from ctcalign.audio.cut_sources import Trust
from ctcalign.checks import check_count
from ctcalign.errors import UsageError
from ctcalign.models.training.inputs import InputMaker, LogMel
from ctcalign.train.base import ResumableData
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.loading import BatchLoader, GlobalBatches, Reader


class CutsDataModule(ResumableData):
    """Training and validation utterances from lhotse cuts.

    The inputs of the model in training are made on the fly: log-mel energies, or what its family takes. Batches are
    drawn over all processes: one process and several with the same settings get the same batches.

    Args:
        train, validation: Shar folders or cut manifests, one or several; None: no such part.
        max_duration: seconds of speech in a training batch of all processes.
        max_cuts: utterances in it at most.
        validation_duration: seconds of speech in a validation batch; default: `max_duration`.
        longest: seconds; longer training utterances are skipped and counted.
        buckets: groups of similar duration.
        buffer: cuts in memory for sorting and shuffling; those from Shar include their audio.
        augmentation: of training utterances.
        workers: reading processes of each training process, >= 0.
        seed: of order and augmentation.
        allow_commands: run shell commands that cuts name as the source of their audio.
        allow_remote: open URLs that cuts name.
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
        allow_commands: bool = False,
        allow_remote: bool = False,
    ) -> None:
        super().__init__(train, validation)
        self.trust = Trust(allow_commands, allow_remote)
        self.workers = check_count("workers", workers, 0)
        self.augmentation, self.seed = augmentation or Augmentation(), seed
        self._train = partial(
            GlobalBatches,
            max_duration=max_duration,
            max_cuts=max_cuts,
            longest=longest,
            buckets=buckets,
            buffer=buffer,
            shuffle=True,
            seed=seed,
            trust=self.trust,
        )
        self._validation = partial(
            GlobalBatches,
            max_duration=validation_duration or max_duration,
            longest=float("inf"),
            buckets=buckets,
            trust=self.trust,
        )
        self._batches: GlobalBatches | None = None

    def train_dataloader(self) -> BatchLoader:
        """Training batches; each pass starts at the current position."""
        if self.train is None:
            raise UsageError("data.train: expected a Shar folder or a cut manifest to train on, got none")
        self._batches = batches = self._train("data.train", self.train, rank=self.rank, world_size=self.world_size)
        inputs = self._inputs()
        if self.augmentation.spec_augment is not None and inputs.waveform:
            raise UsageError(
                "data.augmentation.spec_augment: the model takes waveforms, not features; use the masks of its own "
                "configuration (model.options of hf:, such as mask_time_prob)"
            )
        reader = Reader(inputs, self.augmentation, self.seed, trust=self.trust)
        return BatchLoader(lambda: self.resumed(batches.epoch), reader, workers=self.workers)

    def val_dataloader(self) -> BatchLoader:
        """Validation batches, without augmentation and with the times of words."""
        assert self.validation is not None  # without validation data the hook is removed
        batches = self._validation("data.validation", self.validation, rank=self.rank, world_size=self.world_size)
        return BatchLoader(
            lambda: batches.epoch(0), Reader(self._inputs(), words=True, trust=self.trust), workers=self.workers
        )

    def _inputs(self) -> InputMaker:
        """What makes the inputs of the model in training; log-mel energies without a trainer."""
        module = getattr(self.trainer, "lightning_module", None)
        found: InputMaker | None = getattr(module, "inputs", None)
        return LogMel() if found is None else found

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Advance the position; at the end of an epoch report the utterances that were too long."""
        batch = super().on_after_batch_transfer(batch, dataloader_idx)
        training = self.trainer is not None and self.trainer.training
        if training and isinstance(batch, Batch) and batch.last and self._batches is not None and self._batches.skipped:
            pl.utilities.rank_zero_info(
                f"epoch {batch.epoch}: {self._batches.skipped} utterances longer than {self._batches.longest:g} s "
                "were skipped"
            )
        return batch
