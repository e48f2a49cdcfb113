"""Results of preference losses: the loss, and detached metrics for the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from ctcalign.checks import check_result
from ctcalign.preference.responses import Responses


@dataclass(frozen=True)
class PairResult:
    """Loss of a batch of pairs. All fields but the first two are detached.

    Attributes:
        loss: scalar: mean of `losses`, plus the cross entropy term of losses that have one.
        losses: loss of each pair, (B,), before weighting by the caller. For losses that sort or average over the
            batch only the mean is meaningful.
        chosen_log_probs: log-prob of each chosen response, summed over scored tokens, in nats. Shape (B,).
        rejected_log_probs: the same for the rejected response; the mean if there are several.
        chosen_rewards: implicit reward of each chosen response. Shape (B,).
        rejected_rewards: the same for the rejected response; the mean if there are several.
        chosen_lengths: divisor of averages: the number of scored tokens, or the caller's lengths. Shape (B,).
        rejected_lengths: the same for the rejected response; the mean if there are several.
        extras: further values by name.
    """

    loss: Tensor
    losses: Tensor
    chosen_log_probs: Tensor
    rejected_log_probs: Tensor
    chosen_rewards: Tensor
    rejected_rewards: Tensor
    chosen_lengths: Tensor
    rejected_lengths: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def margins(self) -> Tensor:
        """Reward of the chosen response minus reward of the rejected response, (B,)."""
        return self.chosen_rewards - self.rejected_rewards

    @property
    def accuracy(self) -> Tensor:
        """Fraction of pairs whose chosen response has the higher reward, a scalar in [0, 1]. A tie does not count."""
        return (self.chosen_rewards > self.rejected_rewards).to(self.margins.dtype).mean()

    @property
    def metrics(self) -> dict[str, Tensor]:
        """Means over the batch by name, scalars, for the log."""
        return {
            "loss": self.loss.detach(),
            "chosen_log_probs": self.chosen_log_probs.mean(),
            "rejected_log_probs": self.rejected_log_probs.mean(),
            "chosen_rewards": self.chosen_rewards.mean(),
            "rejected_rewards": self.rejected_rewards.mean(),
            "margins": self.margins.mean(),
            "accuracy": self.accuracy,
            "chosen_lengths": self.chosen_lengths.mean(),
            "rejected_lengths": self.rejected_lengths.mean(),
            **{name: value.mean() for name, value in self.extras.items()},
        }


@dataclass(frozen=True)
class RowResult:
    """Loss of a batch of unpaired responses. All fields but the first two are detached.

    Attributes:
        loss: scalar, mean of `losses`.
        losses: loss of each row, (N,), including the weight of its class.
        log_probs: log-prob of each response, summed over scored tokens, in nats. Shape (N,).
        rewards: implicit reward of each response. Shape (N,).
        lengths: divisor of averages. Shape (N,).
        desirable: bool, (N,); all True for losses without classes.
        extras: further values by name.
    """

    loss: Tensor
    losses: Tensor
    log_probs: Tensor
    rewards: Tensor
    lengths: Tensor
    desirable: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Tensor]:
        """Means over the batch by name, scalars. Metrics of a class are present if the batch has rows of it; margins
        (difference of the class means) and accuracy (fraction of pairs, one of each class, in the right order) if it
        has rows of both."""
        found = {"loss": self.loss.detach()}
        good, bad = self.desirable, ~self.desirable
        for name, rows in (("chosen", good), ("rejected", bad)):
            if bool(rows.any()):
                found[f"{name}_log_probs"] = self.log_probs[rows].mean()
                found[f"{name}_rewards"] = self.rewards[rows].mean()
                found[f"{name}_lengths"] = self.lengths[rows].mean()
        if "chosen_rewards" in found and "rejected_rewards" in found:
            found["margins"] = found["chosen_rewards"] - found["rejected_rewards"]
            above = self.rewards[good][:, None] > self.rewards[bad][None, :]
            found["accuracy"] = above.to(self.rewards.dtype).mean()
        return {**found, **{name: value.mean() for name, value in self.extras.items()}}


def pair_result(
    losses: Tensor,
    chosen: Responses,
    rejected: Responses,
    chosen_rewards: Tensor,
    rejected_rewards: Tensor,
    *,
    added: Tensor | None = None,
    extras: Mapping[str, Tensor] | None = None,
) -> PairResult:
    """Result of losses (B,) of pairs; `added` is a scalar added to their mean. Values (B, M) become means over M."""

    def per_pair(values: Tensor) -> Tensor:
        values = values.detach()
        return values.mean(-1) if values.ndim == 2 else values

    loss = losses.mean() if added is None else losses.mean() + added
    check_result("preference loss", loss)
    return PairResult(
        loss,
        losses,
        per_pair(chosen.sums()),
        per_pair(rejected.sums()),
        per_pair(chosen_rewards),
        per_pair(rejected_rewards),
        per_pair(chosen.lengths),
        per_pair(rejected.lengths),
        {name: value.detach() for name, value in (extras or {}).items()},
    )


def row_result(
    losses: Tensor, rows: Responses, rewards: Tensor, desirable: Tensor, extras: Mapping[str, Tensor] | None = None
) -> RowResult:
    """Result of losses (N,) of unpaired rows."""
    check_result("preference loss", losses)
    return RowResult(
        losses.mean(),
        losses,
        rows.sums().detach(),
        rewards.detach(),
        rows.lengths.detach(),
        desirable,
        {name: value.detach() for name, value in (extras or {}).items()},
    )
