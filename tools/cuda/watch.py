"""A callback that writes what happened in each step of a training to a file."""

from __future__ import annotations

import json
from typing import Any

import pytorch_lightning as pl
import torch


class Watch(pl.Callback):
    """Loss, gradient scale and memory of each step, as JSON lines.

    Args:
        file: the lines are added to it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._rows: list[dict[str, Any]] = []
        self._skipped = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget the peak of an earlier training in this process."""
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any) -> None:
        """Note the step."""
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        row = {"step": trainer.global_step, "loss": float(outputs["loss"])}
        if scaler is not None:
            row["scale"] = scaler.get_scale()
        if torch.cuda.is_available():
            row |= {"held": torch.cuda.memory_allocated(), "peak": torch.cuda.max_memory_allocated()}
            row["reserved"] = torch.cuda.memory_reserved()
        self._rows.append(row)
        with open(self.file, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
