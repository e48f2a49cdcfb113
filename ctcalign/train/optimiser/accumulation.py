"""Accumulated batches as one large batch: the gradient of the mean over all of them, not of the mean of their means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Mean(NamedTuple):
    """A part of the loss of a batch that is a mean.

    Attributes:
        value: scalar, the mean over the batch of all processes, as this process contributes to it.
        number: of the things (utterances, pairs, tokens) of all processes that it is a mean of, >= 0.
    """

    value: Tensor
    number: float


class AccumulatedMeans:
    """Keeps the gradient of the batches of a group so far as that of their common mean.

    With n things before and m in this batch, the gradient so far is multiplied by n / (n + m) and the loss of the batch
    by m / (n + m). Parts that are means of different things (utterances, pairs) have different factors; all but the
    first keep a gradient of their own until the last batch of the group. Each of them costs a backward pass and memory
    of the size of the trained parameters.
    """

    def __init__(self) -> None:
        self._totals: dict[str, float] = {}
        self._kept: dict[str, list[Tensor | None]] = {}

    def begin(self) -> None:
        """Begin a group of batches; the gradients of the parameters are cleared by the caller."""
        self._totals, self._kept = {}, {}

    def loss(
        self,
        parts: Mapping[str, Mean],
        parameters: Sequence[nn.Parameter],
        last: bool,
        scaled: Callable[[Tensor], Tensor] = lambda loss: loss,
    ) -> Tensor | None:
        """The loss whose gradient, added to those of the parameters, is that of the mean over the group so far.

        If there are parts of several kinds, this holds after the last batch.

        Args:
            parts: by kind.  parameters: those in training.  last: whether this is the last batch of the group.
            scaled: the scaling of the loss for half precision, constant within a group.
        Returns:
            A scalar; None without parts.
        """
        kinds = list(dict.fromkeys([*self._totals, *parts]))
        losses: dict[str, Tensor] = {}
        factors: dict[str, float] = {}
        for kind in kinds:
            before = self._totals.get(kind, 0.0)
            now = before + (parts[kind].number if kind in parts else 0.0)
            self._totals[kind] = now
            factors[kind] = before / now if before else 1.0
            if kind in parts:
                losses[kind] = parts[kind].value * (parts[kind].number / now if now else 0.0)
        if not kinds:
            return None
        first, *others = kinds
        if factors[first] != 1:
            _multiply([parameter.grad for parameter in parameters], factors[first])
        for kind in others:
            _multiply(self._kept.get(kind, []), factors[kind])
            if not last and kind in losses and losses[kind].requires_grad:
                loss = scaled(losses.pop(kind))
                own = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
                self._kept[kind] = _sum(self._kept.get(kind), own)
            elif last and kind in self._kept:
                for parameter, gradient in zip(parameters, self._kept.pop(kind), strict=True):
                    if gradient is not None:
                        parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
        return sum(losses.values(), torch.zeros((), device=parameters[0].device)) if losses else None


def _multiply(gradients: Sequence[Tensor | None], factor: float) -> None:
    for gradient in gradients:
        if gradient is not None:
            gradient.mul_(factor)


def _sum(one: Sequence[Tensor | None] | None, other: Sequence[Tensor | None]) -> list[Tensor | None]:
    if one is None:
        # Copies, since what autograd returns may share memory.
        return [None if gradient is None else gradient.clone() for gradient in other]
    return [b if a is None else a if b is None else a.add_(b) for a, b in zip(one, other, strict=True)]
