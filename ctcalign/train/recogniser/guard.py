"""Stop the objectives of a training when the validation WER rises too far."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from ctcalign.checks import check_count, check_number
from ctcalign.errors import UsageError
from ctcalign.train.notices import warn


class WordErrorGuard(pl.Callback):
    """Stop all objectives when the validation WER exceeds a bound; CTC training continues, or ends.

    The bound is baseline * (1 + relative) + absolute.

    Args:
        relative: allowed rise as a fraction of the baseline, >= 0.
        absolute: allowed rise in addition, in WER, >= 0.
        baseline: WER to compare with, as a fraction. Default: that of the last validation before an objective started,
            or of the first validation if one started immediately.
        patience: consecutive validations above the bound before the objectives are stopped, >= 1.
        stop_training: end the training instead of continuing with CTC alone.
    Attributes:
        fired_at: the update at which the objectives were stopped, None before.
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
        for name, value in (("relative", relative), ("absolute", absolute), ("baseline", baseline)):
            if value is not None:
                check_number(f"guard: {name}", value)
        check_count("guard: patience", patience)
        self.relative, self.absolute, self.patience = relative, absolute, patience
        self.stop_training = stop_training
        self.baseline = baseline
        self._given = baseline is not None
        self._past = 0
        self.fired_at: int | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compare the latest WER with the bound."""
        from ctcalign.train.recogniser.module import CTCModule

        if not isinstance(pl_module, CTCModule):
            raise UsageError(f"guard: expected a CTCModule, got {type(pl_module).__name__}")
        measured = trainer.callback_metrics.get("val_wer")
        if trainer.sanity_checking or measured is None or self.fired_at is not None:
            return
        wer = float(measured)
        started = any(term.schedule.started_at is not None for term in pl_module.terms)
        if self.baseline is None or (not started and not self._given):
            self.baseline = wer
        if not started:
            return
        bound = self.baseline * (1 + self.relative) + self.absolute
        self._past = self._past + 1 if wer > bound else 0
        if self._past < self.patience:
            return
        self.fired_at = trainer.global_step
        names = ", ".join(pl_module.stop_objectives()) or "objectives"
        warn(
            f"guard: validation WER {wer:.4f} exceeds {bound:.4f} (baseline {self.baseline:.4f}) at update "
            f"{trainer.global_step}: stopped {names}"
        )
        trainer.should_stop = trainer.should_stop or self.stop_training

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        return {"baseline": self.baseline, "past": self._past, "fired_at": self.fired_at}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint; a baseline that was set is kept."""
        self._past, self.fired_at = state_dict["past"], state_dict["fired_at"]
        if not self._given:
            self.baseline = state_dict["baseline"]
