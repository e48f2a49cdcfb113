"""Stop the objectives of a training when they cost too many errors."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from ctcalign.errors import UsageError


class WordErrorGuard(pl.Callback):
    """Stop all objectives once validation WER rises past a bound; CTC training goes on, or ends.

    The bound is baseline * (1 + relative) + absolute.

    Args:
        relative: rise that is allowed, as a share of the baseline, >= 0.
        absolute: rise that is allowed beyond it, as a fraction of the words, >= 0.
        baseline: WER to compare with, as a fraction; when left out, that of the last validation before an objective
            began, or of the first validation where it began at once.
        patience: validations in a row past the bound before it acts, >= 1.
        stop_training: end the training instead of going on with CTC alone.
    Attributes:
        fired_at: the update at which it acted, None before.
    Raises:
        UsageError: a number is out of range.
    """

    def __init__(
        self,
        relative: float = 0.05,
        absolute: float = 0.0,
        baseline: float | None = None,
        patience: int = 1,
        stop_training: bool = False,
    ) -> None:
        if relative < 0 or absolute < 0 or patience < 1 or (baseline is not None and baseline < 0):
            raise UsageError(
                f"guard: expected relative, absolute and baseline of 0 or more and patience of 1 or more, got "
                f"{relative}, {absolute}, {baseline} and {patience}"
            )
        self.relative, self.absolute, self.patience = relative, absolute, patience
        self.stop_training = stop_training
        self.baseline = baseline
        self._given = baseline is not None
        self._past = 0
        self.fired_at: int | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compare the WER that was just measured."""
        from ctcalign.train.recogniser.module import CTCModule

        if not isinstance(pl_module, CTCModule):
            raise UsageError(f"guard: expected a CTCModule, got {type(pl_module).__name__}")
        measured = trainer.callback_metrics.get("val_wer")
        if trainer.sanity_checking or measured is None or self.fired_at is not None:
            return
        wer = float(measured)
        begun = any(term.schedule.started_at is not None for term in pl_module.terms)
        if self.baseline is None or (not begun and not self._given):
            self.baseline = wer
        if not begun:
            return
        bound = self.baseline * (1 + self.relative) + self.absolute
        self._past = self._past + 1 if wer > bound else 0
        if self._past < self.patience:
            return
        self.fired_at = trainer.global_step
        names = ", ".join(pl_module.stop_objectives()) or "objectives"
        pl.utilities.rank_zero_warn(
            f"guard: validation WER {wer:.4f} is past {bound:.4f} ({self.baseline:.4f} before) at update "
            f"{trainer.global_step}: stopped {names}"
        )
        trainer.should_stop = trainer.should_stop or self.stop_training

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"baseline": self.baseline, "past": self._past, "fired_at": self.fired_at}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint; a baseline that was given stays."""
        self._past, self.fired_at = state_dict["past"], state_dict["fired_at"]
        if not self._given:
            self.baseline = state_dict["baseline"]
