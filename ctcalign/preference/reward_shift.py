"""Running mean of BCO's rewards: state over batches and processes, saved and restored with a checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ctcalign.checks import check_choice
from ctcalign.errors import UsageError
from ctcalign.preference.processes import sum_over_processes

GOOD, BAD = 0, 1  # rows of the state
COUNT, MEAN, SPREAD = 0, 1, 2  # its columns; spread is the sum of squared deviations from the mean


class RewardShift:
    """Running moments of the rewards of desirable and undesirable responses, over all batches and processes.

    Attributes:
        average: definition of `value`. "rows": the mean of all rewards, as in TRL. "classes": the mean of the means of
            the two classes, as in the paper, so that it does not depend on how frequent the classes are.
    """

    def __init__(self, average: str = "rows") -> None:
        check_choice("average", average, ("rows", "classes"))
        self.average = average
        self._moments = torch.zeros(2, 3, dtype=torch.float64)

    @property
    def count(self) -> int:
        """Number of rewards so far."""
        return int(self._moments[:, COUNT].sum())

    @property
    def value(self) -> float:
        """The shift, in units of rewards; 0 before the first update. A class without rewards so far does not count."""
        counts, means, _ = self._moments.unbind(1)
        weights = counts if self.average == "rows" else (counts > 0).double()
        return float((weights * means).sum() / weights.sum().clamp(min=1))

    @property
    def deviation(self) -> float:
        """Standard deviation of all rewards, with Bessel's correction; 0 for fewer than two. For the log."""
        count, _, spread = _merged(self._moments[GOOD], self._moments[BAD]).tolist()
        return math.sqrt(spread / (count - 1)) if count > 1 else 0.0

    def update(self, rewards: Tensor, desirable: Tensor) -> None:
        """Add the rewards of a batch. In distributed training every process must call it, even without rows.

        Args:
            rewards: (N,), detached here.
            desirable: (N,) bool.
        """
        rewards = rewards.detach().double() if rewards.device.type != "mps" else rewards.detach()
        belongs = torch.stack([desirable, ~desirable]).to(rewards.dtype)  # (2, N)
        sums = sum_over_processes(torch.stack([belongs.sum(1), (belongs * rewards).sum(1)], 1))
        means = sums[:, 1] / sums[:, 0].clamp(min=1)
        spreads = sum_over_processes((belongs * (rewards - means[:, None]) ** 2).sum(1))
        batch = torch.stack([sums[:, 0], means, spreads], 1).cpu().double()
        self._moments = torch.stack([_merged(old, new) for old, new in zip(self._moments, batch, strict=True)])

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint."""
        return {"average": self.average, "moments": self._moments.clone()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load the result of `state_dict`.

        Raises:
            UsageError: not a state of this class, or a state of the other kind of average.
        """
        moments = state.get("moments")
        if set(state) != {"average", "moments"} or not isinstance(moments, Tensor) or tuple(moments.shape) != (2, 3):
            raise UsageError(f"state: expected average and moments of a RewardShift, got {sorted(state)}")
        if state["average"] != self.average:
            raise UsageError(
                f"state: expected one of RewardShift({self.average!r}), got one of RewardShift({state['average']!r}); "
                "resume with the average that the training started with"
            )
        self._moments = moments.detach().cpu().double().clone()


def _merged(one: Tensor, other: Tensor) -> Tensor:
    """Count, mean and spread, (3,), of the union of two sets. Chan, Golub and LeVeque 1983: numerically stable, unlike
    sums of squares."""
    count = one[COUNT] + other[COUNT]
    if count == 0:
        return one.clone()
    fraction = other[COUNT] / count
    gap = other[MEAN] - one[MEAN]
    spread = one[SPREAD] + other[SPREAD] + gap**2 * one[COUNT] * fraction
    return torch.stack([count, one[MEAN] + gap * fraction, spread])
