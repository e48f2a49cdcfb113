"""The optimiser and how its learning rate goes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from ctcalign.errors import UsageError


@dataclass
class OptimiserConfig:
    """AdamW.

    Attributes:
        lr: highest learning rate.  betas, weight_decay: of AdamW; norms and biases do not decay.
        warmup_steps: updates until the rate is reached.
        decay: "constant"; "linear" or "cosine" to zero at the last update (trainer.max_steps, or `total_steps`).
        total_steps: the last update where the trainer does not know it.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay: Literal["constant", "linear", "cosine"] = "constant"
    total_steps: int | None = None

    def __post_init__(self) -> None:
        if not self.lr > 0 or self.warmup_steps < 0 or self.weight_decay < 0:
            raise UsageError(
                f"optimiser: expected lr above 0, warmup_steps and weight_decay of 0 or more, got {self.lr}, "
                f"{self.warmup_steps} and {self.weight_decay}"
            )

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """AdamW over the network's parameters."""
        parameters = [p for p in network.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(_filled(groups), lr=self.lr, betas=self.betas)

    def share(self, step: int, max_steps: int) -> float:
        """Share of the rate at an update, in [0, 1].

        Raises:
            UsageError: the rate falls towards an end that nobody knows.
        """
        rise = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.decay == "constant":
            return rise
        end = self.total_steps or max_steps
        if end <= 0:
            raise UsageError(f"optimiser: decay {self.decay} needs an end; set trainer.max_steps or total_steps")
        gone = min(1.0, max(0.0, (step - self.warmup_steps) / max(1, end - self.warmup_steps)))
        return rise * (1 - gone if self.decay == "linear" else 0.5 * (1 + math.cos(math.pi * gone)))


def _filled(groups: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return [group for group in groups if group["params"]]
