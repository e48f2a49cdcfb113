"""Lightning data module of cuts: batches over all processes, resumed where a training was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

import pytorch_lightning as pl

from ctcalign.audio.cut_sources import Trust
from ctcalign.checks import check_count
from ctcalign.errors import UsageError
from ctcalign.models.training.inputs import InputMaker, LogMel
from ctcalign.train.data.augmentation import Augmentation
from ctcalign.train.data.batch import Batch
from ctcalign.train.data.cuts import fewest_shards
from ctcalign.train.data.drawing import GlobalBatches, ProcessBatch
from ctcalign.train.data.loading import BatchLoader, Reader
from ctcalign.train.data.resumable import ResumableData
from ctcalign.train.notices import warn


class CutsDataModule(ResumableData):
    """Training and validation utterances from lhotse cuts.

    The inputs of the model in training are computed on the fly: log-mel energies, or what its family takes. Batches are
    drawn over all processes: with the same settings, one process and several get the same batches, and accumulated
    steps of one update give the same batch as one large step. Each process opens only its own shards of Shar folders.

    Args:
        train, validation: Shar folders or cut manifests, one or several; None: no data of this kind.
        max_duration: seconds of speech in a training step of all processes.
        max_cuts: largest number of utterances in a training step of all processes; default: no limit.
        validation_duration: seconds of speech in a validation batch; default: `max_duration`.
        longest: longest training utterance in seconds; longer ones are skipped and counted.
        buckets: number of groups of similar duration.
        buffer: cuts of each stream in memory for sorting and shuffling; those from Shar include their audio.
        streams: number of parts of a Shar folder, each with its own shards; a batch has utterances of each stream. The
            batches are the same for every number of processes that divides `streams`. Default: the number of processes,
            or the value of the resumed training.
        augmentation: augmentation of training utterances.
        workers: number of reading processes of each training process, >= 0.
        seed: seed of order and augmentation.
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
        streams: int | None = None,
        augmentation: Augmentation | None = None,
        workers: int = 1,
        seed: int = 1,
        allow_commands: bool = False,
        allow_remote: bool = False,
    ) -> None:
        super().__init__(train, validation)
        self.trust = Trust(allow_commands, allow_remote)
        self.workers = check_count("workers", workers, 0)
        self.streams = None if streams is None else check_count("streams", streams)
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
        self._loaders: list[BatchLoader] = []
        # Unfinished epoch and number of streams of the training that is resumed.
        self._begun: tuple[int | None, int] = (None, 1)

    def train_dataloader(self) -> BatchLoader:
        """Training batches; each pass starts at the current position."""
        if self.train is None:
            raise UsageError("data.train: expected a Shar folder or a cut manifest to train on, got none")
        self._check_streams()
        self._batches = batches = self._train(
            "data.train", self.train, rank=self.rank, world_size=self.world_size, parts=self._parts
        )
        inputs = self._inputs()
        if self.augmentation.spec_augment is not None and inputs.waveform:
            raise UsageError(
                "data.augmentation.spec_augment: the model takes waveforms, not features; use the masks of its own "
                "configuration (model.options of hf:, such as mask_time_prob)"
            )
        module = getattr(self.trainer, "lightning_module", None)
        teacher: Any = getattr(module, "teacher", None)
        teacher_inputs = None if teacher is None else teacher.inputs
        views = 1 if getattr(module, "consistency", None) is None else 2
        reader = Reader(inputs, self.augmentation, self.seed, trust=self.trust, teacher=teacher_inputs, views=views)

        def epoch(number: int, start: int) -> Iterator[ProcessBatch]:
            return batches.epoch(number, start, self.streams_of(number))

        return self._loader(lambda: self.resumed(epoch), reader)

    def val_dataloader(self) -> BatchLoader:
        """Validation batches, without augmentation and with the times of words."""
        assert self.validation is not None  # without validation data the hook is removed
        batches = self._validation("data.validation", self.validation, rank=self.rank, world_size=self.world_size)
        streams = self.world_size if (fewest_shards(self.validation) or 0) >= self.world_size else 1
        reader = Reader(self._inputs(), words=True, trust=self.trust)
        return self._loader(lambda: batches.epoch(0, streams=streams), reader)

    def _loader(self, source: Callable[[], Iterator[ProcessBatch]], reader: Reader) -> BatchLoader:
        self._loaders.append(BatchLoader(source, reader, self.workers))
        return self._loaders[-1]

    def teardown(self, stage: str) -> None:
        """End the reading processes."""
        for loader in self._loaders:
            loader.close()
        self._loaders.clear()

    def _inputs(self) -> InputMaker:
        """The `InputMaker` of the model in training; without a trainer, one for log-mel energies."""
        module = getattr(self.trainer, "lightning_module", None)
        found: InputMaker | None = getattr(module, "inputs", None)
        return LogMel() if found is None else found

    @property
    def _parts(self) -> int:
        """Number of accumulated steps in an update."""
        return 1 if self.trainer is None else self.trainer.accumulate_grad_batches

    def streams_of(self, epoch: int) -> int:
        """Number of streams of a training epoch. An unfinished epoch keeps the number that it began with."""
        begun, before = self._begun
        if epoch == begun:
            return before
        wanted = self._wanted_streams()
        return wanted if wanted <= self._shards else 1

    def _wanted_streams(self) -> int:
        before, processes = self._begun[1], self.world_size
        return self.streams or (before if before % processes == 0 else processes)

    @cached_property
    def _shards(self) -> int:
        return 0 if self.train is None else fewest_shards(self.train) or 0

    def _check_streams(self) -> None:
        wanted, processes = self._wanted_streams(), self.world_size
        if wanted % processes:
            raise UsageError(f"data.streams: got {wanted}, expected a multiple of the {processes} processes")
        if 0 < self._shards < wanted:
            warn(
                f"data.train: a Shar folder has {self._shards} shards for {wanted} streams, so every process reads all "
                "of it; create it with more shards (lhotse: shard_size)"
            )

    def state_dict(self) -> dict[str, Any]:
        """The position, and the number of streams if there are several."""
        streams = self.streams_of(self.position[0])
        return super().state_dict() | ({"streams": streams} if streams > 1 else {})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        super().load_state_dict(state_dict)
        epoch, batch = self.position
        self._begun = (epoch if batch else None, state_dict.get("streams", 1))

    def steps_before(self, state: dict[str, Any]) -> int:
        """Number of steps of the epoch before a position: each batch is divided among the steps of an update."""
        return super().steps_before(state) * self._parts

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Advance the position after the last step of a batch; at the end of an epoch report too long utterances."""
        training = self.trainer is not None and self.trainer.training
        if training and isinstance(batch, Batch) and self._batches is not None:
            if batch.part + 1 < self._batches.parts:
                return batch
            skipped = self._batches.skipped_by_all() if batch.last else 0
            if skipped:
                pl.utilities.rank_zero_info(
                    f"epoch {batch.epoch}: {skipped} utterances longer than {self._batches.longest:g} s were skipped"
                )
        return super().on_after_batch_transfer(batch, dataloader_idx)
