"""The checkpoints of a training: the last one, and the best one if there is a metric to compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytorch_lightning.callbacks import ModelCheckpoint


class BestCheckpoint(ModelCheckpoint):
    """Lightning's checkpoints by a monitored metric; the last one is also saved after every validation.

    Lightning itself saves the last one only together with a best one, and stops the training if the metric is missing.
    """

    @property
    def state_key(self) -> str:
        """The key of Lightning's own class, under which earlier checkpoints hold the state."""
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__, 1)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Save a checkpoint after a validation."""
        if self.monitor in trainer.callback_metrics or trainer.sanity_checking or trainer.fast_dev_run:
            super().on_validation_end(trainer, pl_module)
        if not trainer.sanity_checking and not trainer.fast_dev_run:
            self._save_last(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Save a checkpoint at the end of an epoch, if validation runs at that point."""
        if self.monitor in trainer.callback_metrics:
            super().on_train_epoch_end(trainer, pl_module)

    def _save_last(self, trainer: Any) -> None:
        """Save the last checkpoint, unless Lightning has done so after this update."""
        if self.dirpath is not None and self._last_global_step_saved != trainer.global_step:
            trainer.save_checkpoint(Path(self.dirpath) / f"{self.CHECKPOINT_NAME_LAST}{self.FILE_EXTENSION}")
