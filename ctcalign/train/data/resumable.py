"""Data from which a stopped training can be resumed at the same batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, runtime_checkable

import pytorch_lightning as pl

from ctcalign.train.notices import warn

T = TypeVar("T")


@runtime_checkable
class Positioned(Protocol):
    """A batch with its position: its epoch, its index in the epoch, and whether it is the last of the epoch."""

    epoch: int
    index: int
    last: bool


class ResumableData(pl.LightningDataModule):
    """Data that resumes at the position where training was stopped.

    Args:
        train, validation: sources, one or several; None: no data of this kind.
    Attributes:
        position: epoch and index of the next training batch.
    """

    def __init__(self, train: str | list[str] | None, validation: str | list[str] | None) -> None:
        super().__init__()
        self.train, self.validation = train, validation
        self.position = (0, 0)
        if validation is None:
            # Lightning validates if this hook exists.
            self.val_dataloader = None  # type: ignore[method-assign,assignment]

    @property
    def rank(self) -> int:
        """Rank of this process."""
        return 0 if self.trainer is None else self.trainer.global_rank

    @property
    def world_size(self) -> int:
        """Number of processes."""
        return 1 if self.trainer is None else self.trainer.world_size

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Advance the position to the batch after this one; batches that were read ahead do not count."""
        if isinstance(batch, Positioned) and self.trainer is not None and self.trainer.training:
            self.position = (batch.epoch + 1, 0) if batch.last else (batch.epoch, batch.index + 1)
        return batch

    def resumed(self, epoch: Callable[[int, int], Iterator[T]]) -> Iterator[T]:
        """The batches from the current position on.

        If the epoch has no batch at the position, because data or batch sizes have changed since the stop,
        training continues with the next epoch.

        Args:
            epoch: returns the batches of an epoch, starting from a given one.
        """
        number, start = self.position
        batches = epoch(number, start)
        first = next(batches, None)
        if first is None and start:
            batches = epoch(number + 1, 0)
            first = next(batches, None)
            has = sum(1 for _ in epoch(number, 0))
            warn(
                f"resume: the training was stopped after {start} batches of epoch {number}, which now has {has}: data "
                f"or batch sizes have changed; it continues with epoch {number + 1}"
            )
        if first is not None:
            yield first
            yield from batches

    def steps_before(self, state: dict[str, Any]) -> int:
        """Number of steps of the epoch before the position of a checkpoint, where training continues."""
        return int(state["batch"])

    def state_dict(self) -> dict[str, Any]:
        """The position, for a checkpoint."""
        return {"epoch": self.position[0], "batch": self.position[1]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.position = (state_dict["epoch"], state_dict["batch"])
