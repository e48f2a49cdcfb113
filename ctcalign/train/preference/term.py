"""A preference loss as a term of the training loss: its inputs, its value over all processes, its state and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ctcalign.checks import check_number
from ctcalign.errors import UsageError
from ctcalign.preference import PairResult, PreferenceLoss, RowResult, build_preference_loss
from ctcalign.preference.processes import whole_batch

SIDES = ("chosen", "rejected", "mismatched", "")


@dataclass
class LossConfig:
    """A preference loss.

    Attributes:
        name: as in `ctcalign.preference.build_preference_loss`, or "module:function" of your own.
        options: options of the loss, such as {beta: 0.1}.
        weight: factor of the loss, >= 0.
    """

    name: str = "dpo"
    options: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0

    def __post_init__(self) -> None:
        check_number(f"loss {self.name!r}: weight", self.weight)


class PreferenceTerm:
    """A preference loss over the responses of all processes, whose batch statistics do not depend on their number.

    Attributes:
        loss: the loss.  weight: see `LossConfig`.
        kind: "pairs": a chosen response with rejected ones; "rows": unpaired responses, desirable or not; "single":
            chosen responses alone (the loss needs no others, or its weight is 0).
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

    def inputs(self, side: str) -> set[str]:
        """Tensors that the loss needs of the responses of a side, such as {"log_probs", "mask"}."""
        return {name for which, name in map(_parts, self._needs) if which == side} - {"desirable"}

    def may_take(self, name: str) -> bool:
        """Whether the loss uses a tensor if it is given."""
        return name in (*self.loss.needs, *self.loss.takes)

    def __call__(self, whole: Mapping[str, Tensor], training: bool = True) -> PairResult | RowResult | None:
        """The loss over the responses of all processes; None without any, or if the weight is 0.

        Args:
            whole: tensors of all processes, see `ctcalign.train.processes.gather_rows`.
            training: whether to update the state of the loss.
        """
        if not whole or not self.weight:
            return None
        with whole_batch():
            return self.loss(whole, training=training)

    def chosen_cost(self, whole: Mapping[str, Tensor]) -> tuple[Tensor, int] | None:
        """Mean cross entropy of all chosen tokens in nats, and their number; None without any."""
        side = "chosen_" if self.kind == "pairs" else ""
        if f"{side}log_probs" not in whole:
            return None
        mask = whole[f"{side}mask"]
        if self.kind == "rows":
            mask = mask & whole["desirable"][:, None]
        tokens = int(mask.sum())
        if not tokens:
            return None
        return -whole[f"{side}log_probs"].masked_fill(~mask, 0.0).sum() / tokens, tokens

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        return {"loss": self.loss.name, "state": self.loss.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint.

        Raises:
            UsageError: it was trained with another loss.
        """
        if state.get("loss") != self.loss.name:
            raise UsageError(
                f"resume: the checkpoint was trained with the loss {state.get('loss')!r}, the configuration has "
                f"{self.loss.name!r}; to start a new training from its weights give it as the initial model"
            )
        self.loss.load_state_dict(state["state"])


def named(side: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of a side by the argument names of the losses."""
    return {f"{side}_{name}" if side else name: value for name, value in tensors.items()}


def loss_metrics(result: PairResult | RowResult | None, dropped: Mapping[str, int]) -> dict[str, float]:
    """Metrics of the loss, and the number of responses dropped of the batch by reason, for the log."""
    found = {} if result is None else {name: float(value) for name, value in result.metrics.items()}
    return {**found, **{f"dropped/{reason}": float(number) for reason, number in sorted(dropped.items())}}


def _parts(name: str) -> tuple[str, str]:
    """Side and tensor of an argument name, such as ("chosen", "mask")."""
    for side in SIDES[:3]:
        if name.startswith(f"{side}_"):
            return side, name[len(side) + 1 :]
    return "", name
