"""A preference loss by name as a term of a training: its tensors from all processes, its state, what it tells."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference import PairResult, PreferenceLoss, RowResult, build_preference_loss
from ctcalign.preference.processes import whole_batch

SIDES = ("chosen", "rejected", "mismatched", "")


@dataclass
class LossConfig:
    """A preference loss.

    Attributes:
        name: as `ctcalign.preference.build_preference_loss` knows it, or "module:function" of your own.
        options: its own, such as {beta: 0.1}.
        weight: what it is multiplied with, >= 0.
    """

    name: str = "dpo"
    options: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise UsageError(f"loss {self.name!r}: weight must be 0 or more, got {self.weight}")


class PreferenceTerm:
    """A loss, asked for the rows of all processes at once: what it averages or sorts over the batch is the same on any
    number of them.

    Attributes:
        loss: the loss.  weight: see `LossConfig`.
        kind: "pairs": a chosen response against rejected ones; "rows": good and bad ones, not in pairs; "single":
            chosen ones alone, for losses of them and where the weight is 0.
        together: whether the rejected responses have an axis of their own.
    """

    def __init__(self, config: LossConfig, together: int = 1) -> None:
        self.loss: PreferenceLoss = build_preference_loss(config.name, **config.options)
        self.weight = config.weight
        needs = self.loss.needs if self.weight else ("log_probs", "mask")
        paired = any(name.startswith("chosen_") for name in needs)
        self.kind = "pairs" if paired else "rows" if "desirable" in needs else "single"
        self.together = self.kind == "pairs" and (config.name == "logo" or together > 1)
        self._needs = needs
        if together > 1 and self.kind != "pairs":
            raise UsageError(f"together: {config.name} takes single responses, not {together} rejected ones together")

    def nouns(self, side: str) -> set[str]:
        """What the loss must be given of each response of a side, such as {"log_probs", "mask"}."""
        return {noun for which, noun in map(_parts, self._needs) if which == side} - {"desirable"}

    def may_take(self, name: str) -> bool:
        """Whether a tensor that is there is of use to it."""
        return name in (*self.loss.needs, *self.loss.takes)

    def __call__(self, whole: Mapping[str, Tensor], training: bool = True) -> PairResult | RowResult | None:
        """The loss of the rows of all processes; None when nobody has any, or the weight is 0.

        Args:
            whole: what `of_all_processes` gave.
            training: False leaves the state of the loss as it is.
        """
        if not whole or not self.weight:
            return None
        with whole_batch():
            return self.loss(whole, training=training)

    def chosen_cost(self, whole: Mapping[str, Tensor]) -> Tensor | None:
        """Mean cross entropy of all chosen tokens, in nats; None where there are none."""
        side = "chosen_" if self.kind == "pairs" else ""
        if f"{side}log_probs" not in whole:
            return None
        mask = whole[f"{side}mask"]
        if self.kind == "rows":
            mask = mask & whole["desirable"][:, None]
        tokens = mask.sum()
        return -whole[f"{side}log_probs"].masked_fill(~mask, 0.0).sum() / tokens if int(tokens) else None

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"loss": self.loss.name, "state": self.loss.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        if state.get("loss") != self.loss.name:
            raise UsageError(
                f"resume: the checkpoint was trained with the loss {state.get('loss')!r}, the configuration has "
                f"{self.loss.name!r}; to begin anew from its weights give it as the model to begin with"
            )
        self.loss.load_state_dict(state["state"])


def named(side: str, nouns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a side by the argument names of the losses."""
    return {f"{side}_{noun}" if side else noun: value for noun, value in nouns.items()}


def told_of(result: PairResult | RowResult | None, dropped: Iterable[Mapping[str, int]]) -> dict[str, float]:
    """Numbers for the log: the metrics of the loss, and how many responses were left out of the batch, by reason."""
    found = {} if result is None else {name: float(value) for name, value in result.metrics.items()}
    left_out = sum((Counter(one) for one in dropped), Counter())
    return {**found, **{f"dropped/{reason}": float(number) for reason, number in sorted(left_out.items())}}


def _parts(name: str) -> tuple[str, str]:
    """Side and noun of an argument name."""
    for side in SIDES[:3]:
        if name.startswith(f"{side}_"):
            return side, name[len(side) + 1 :]
    return "", name
