"""Options of the optimiser: AdamW, its learning rate over time and over the network, and averaged weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from ctcalign.checks import check_count, check_number
from ctcalign.errors import UsageError


@dataclass
class RateGroup:
    """Parameters with a learning rate or weight decay of their own.

    Attributes:
        modules: patterns of names of modules and parameters, such as [head].
        lr: highest learning rate, >= 0; None: the rate of the layer.
        weight_decay: weight decay; None: the value of `optimiser`.
    """

    modules: list[str]
    lr: float | None = None
    weight_decay: float | None = None

    def __post_init__(self) -> None:
        if not self.modules:
            raise UsageError("optimiser.groups: modules: expected names, got none")
        for name in ("lr", "weight_decay"):
            if getattr(self, name) is not None:
                check_number(f"optimiser.groups: {name}", getattr(self, name))


@dataclass
class OptimiserConfig:
    """AdamW and its learning rate schedule.

    Attributes:
        lr: highest learning rate, > 0.
        betas, weight_decay: options of AdamW; parameters with one dimension (norms, biases) are not decayed.
        warmup_steps: updates until the highest rate is reached, >= 0.
        decay: "constant"; or "linear" or "cosine" to zero at the last update (`total_steps`, else trainer.max_steps).
        total_steps: the last update; needed if trainer.max_steps is not set.
        layer_decay: rate of a layer as a fraction of the rate of the next one, in (0, 1]; the output layer has `lr`.
        groups: parameters with their own rates, which follow the same schedule; if several groups name a parameter,
            the last one applies.
        ema: decay of the exponential moving average of the weights, in (0, 1), such as 0.999. Validation, best.ckpt and
            the exported model use the average. None: no average.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay: Literal["constant", "linear", "cosine"] = "constant"
    total_steps: int | None = None
    layer_decay: float = 1.0
    groups: list[RateGroup] = field(default_factory=list)
    ema: float | None = None

    def __post_init__(self) -> None:
        check_number("optimiser.lr", self.lr, positive=True)
        check_number("optimiser.weight_decay", self.weight_decay)
        check_count("optimiser.warmup_steps", self.warmup_steps, 0)
        check_number("optimiser.layer_decay", self.layer_decay, positive=True)
        if self.layer_decay > 1:
            raise UsageError(f"optimiser.layer_decay: got {self.layer_decay}, expected a number in (0, 1]")
        if self.ema is not None and not 0 < self.ema < 1:
            raise UsageError(f"optimiser.ema: got {self.ema}, expected a number between 0 and 1, such as 0.999")

    def rate_factor(self, step: int, max_steps: int) -> float:
        """Learning rate at an update as a fraction of the highest, in [0, 1].

        Raises:
            UsageError: the rate decays, but the last update is unknown.
        """
        rise = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.decay == "constant":
            return rise
        end = self.total_steps or max_steps
        if end <= 0:
            raise UsageError(f"optimiser: decay {self.decay} needs an end; set trainer.max_steps or total_steps")
        done = min(1.0, max(0.0, (step - self.warmup_steps) / max(1, end - self.warmup_steps)))
        return rise * (1 - done if self.decay == "linear" else 0.5 * (1 + math.cos(math.pi * done)))
