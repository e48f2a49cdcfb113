"""Learnt share of the source domain in a training that adapts a recogniser to a target domain.

The batches keep the share s0 with which the data were mixed. What is learnt is the weight of both domains in the CTC
loss: with the share s, an utterance of the source counts s / s0 times, one of the target (1 - s) / (1 - s0) times. The
expected gradient is that of batches drawn with the share s, and the batches do not depend on what was learnt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.audio.cut_sources import NO_TRUST, Trust
from ctcalign.checks import check_count, check_number
from ctcalign.errors import UsageError
from ctcalign.models.training.inputs import InputMaker
from ctcalign.train.data.batch import Batch, Emissions, part_of
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.data.drawing import ProcessBatch
from ctcalign.train.data.loading import Reader
from ctcalign.train.processes import seed_of, sum_over_processes

LABEL = "source_share"
LEAST, MOST = 0.05, 0.9  # of the share
LAYERS = 3  # from the output, whose gradients are compared
SECONDS, LONGEST = 60.0, 30.0  # of held-out speech of each domain, and of its longest utterance
TARGET, SOURCE = "target", "source"


@dataclass
class MixingConfig:
    """The domains of the training data, whose shares are learnt.

    Attributes:
        source: cuts of the source domain, which are a part of `data.train`; all others are of the target domain.
        held_out_target, held_out_source: cuts of both domains that are not trained on.
        share: share of the source domain in `data.train`, with which the training starts, in (0, 1).
        budget: allowed rise of the loss of `held_out_source`, as a fraction, >= 0.
        every: updates from one change of the share to the next, at least, >= 1.
        rate: step size of the changes, >= 0; see `moved`.
    """

    source: str
    held_out_target: str
    held_out_source: str
    share: float = 0.3
    budget: float = 0.05
    every: int = 5
    rate: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise UsageError(f"model.mixing.share: got {self.share:g}, expected a fraction between 0 and 1")
        check_number("model.mixing.budget", self.budget)
        check_count("model.mixing.every", self.every)
        check_number("model.mixing.rate", self.rate)


def moved(share: float, target: float, source: float, rate: float) -> float:
    """The share after a step of exponentiated gradient ascent.

    The share of each domain is multiplied by exp(rate * cosine), and both are divided by their sum. That of the source
    is then limited to [LEAST, MOST].

    Args:
        share: of the source domain, in (0, 1).
        target, source: cosines between the gradient of each domain and that of the held-out loss.
        rate: step size, >= 0.
    Source: Fan et al. 2024, Dynamic Gradient Alignment for Online Data Mixing, arXiv:2410.02498. Differs from it:
        cosines instead of inner products, so that the step does not depend on the scale of the loss; no moving average.
    """
    logit = math.log(share / (1.0 - share)) + rate * (source - target)
    return min(max(1.0 / (1.0 + math.exp(-logit)), LEAST), MOST)


class SourceShare:
    """The share of the source domain, changed every few updates.

    The held-out loss is that of the target domain while the loss of the held-out source speech is at most 1 + budget
    times that at the first change, else that of the source domain: a switching subgradient method (Polyak 1967) for
    the lowest target loss within the budget.

    Args:
        config: its options.
    Attributes:
        value: the current share.
        first: loss of the held-out source speech before the first change; None before it is measured.
        history: a row for each change, with the update, the share after it, both held-out losses and both cosines.
    """

    def __init__(self, config: MixingConfig) -> None:
        self.config = config
        self.names = frozenset(cut.id for cut in open_cuts("model.mixing.source", config.source))
        self.value = config.share
        self.first: float | None = None
        self.history: list[dict[str, float]] = []
        self._held_out: dict[str, Batch] = {}

    def open(self, inputs: InputMaker, trust: Trust = NO_TRUST) -> None:
        """Read the held-out speech: of each domain the first SECONDS in an order that depends on the names.

        Raises:
            UsageError: there is none.
        """
        reader = Reader(inputs, trust=trust)
        for domain, source in ((TARGET, self.config.held_out_target), (SOURCE, self.config.held_out_source)):
            name = f"model.mixing.held_out_{domain}"
            known = [cut for cut in open_cuts(name, source, trust=trust) if cut.duration <= LONGEST]
            chosen, seconds = list[Any](), 0.0
            for cut in sorted(known, key=lambda cut: seed_of(cut.id)):
                if chosen and seconds + cut.duration > SECONDS:
                    break
                chosen.append(cut)
                seconds += cut.duration
            if not chosen:
                raise UsageError(f"{name}: {source}: has no utterance of at most {LONGEST:g} s; give another manifest")
            self._held_out[domain] = reader[ProcessBatch(0, 0, True, chosen, False)]

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the losses of utterances by domain."""
        drawn = self.config.share
        return {TARGET: (1.0 - self.value) / (1.0 - drawn), SOURCE: self.value / drawn}

    def is_due(self, step: int, part: int) -> bool:
        """Whether the share may change before an update. `part`: which accumulated step of it this is."""
        last = self.history[-1]["update"] if self.history else -self.config.every
        return part == 0 and step >= last + self.config.every

    def loss(self, parts: Mapping[str, tuple[Tensor, int]]) -> Tensor:
        """The weighted mean over utterances.

        Args:
            parts: mean loss and number of the utterances by domain, at least one.
        """
        weights, count = self.weights, sum(number for _, number in parts.values())
        return (
            torch.stack([weights[domain] * value * number for domain, (value, number) in parts.items()]).sum() / count
        )

    def divided(self, emissions: Emissions | None) -> dict[str, Emissions]:
        """The utterances of a batch by domain, without empty domains."""
        if emissions is None:
            return {}
        places: dict[str, list[int]] = {TARGET: [], SOURCE: []}
        for place, name in enumerate(emissions.ids):
            places[SOURCE if name in self.names else TARGET].append(place)
        return {domain: part_of(emissions, own) for domain, own in places.items() if own}

    def change(
        self,
        step: int,
        network: nn.Module,
        weights: Sequence[Tensor],
        parts: Mapping[str, tuple[Tensor, int]],
        loss_of: Callable[[Batch], Tensor | None],
    ) -> None:
        """Change the share before an update; every process calls it with its part of the batch.

        If a domain has no utterance in the batch, or a gradient is zero or not finite, it stays as it is until the next
        update.

        Args:
            weights: parameters whose gradients are compared.
            parts: see `loss`; may be empty.
            loss_of: mean loss of a batch; None: no utterance of it can be used.
        """
        device, found = weights[0].device, list[Tensor]()
        for domain in (TARGET, SOURCE):
            value, number = parts.get(domain, (None, 0))
            own = torch.zeros(sum(one.numel() for one in weights), dtype=torch.float64, device=device)
            if value is not None:
                own = _flat(torch.autograd.grad(value * number, weights, retain_graph=True, allow_unused=True), weights)
            found.append(torch.cat([own, own.new_tensor([float(number)])]))
        target, source = sum_over_processes(torch.stack(found))
        if not (target[-1] and source[-1]):
            return
        losses, gradient = self._held_out_gradient(network, weights, loss_of)
        cosines = [_cosine(one[:-1], gradient) for one in (target, source)]
        if None in cosines:
            return
        toward, kept = (float(one) for one in cosines if one is not None)
        self.value = moved(self.value, toward, kept, self.config.rate)
        self.history.append(
            {
                "update": step,
                "share": self.value,
                "target_loss": losses[TARGET],
                "source_loss": losses[SOURCE],
                "target_cosine": toward,
                "source_cosine": kept,
            }
        )

    def _held_out_gradient(
        self, network: nn.Module, weights: Sequence[Tensor], loss_of: Callable[[Batch], Tensor | None]
    ) -> tuple[dict[str, float], Tensor]:
        """The losses of the held-out speech by domain, and the gradient of the one that is to fall."""
        losses = dict[str, float]()
        with _evaluating(network):
            source = self._loss(SOURCE, weights, loss_of)
            losses[SOURCE] = float(source.detach())
            if self.first is None:
                self.first = losses[SOURCE]
            exceeds = losses[SOURCE] > (1.0 + self.config.budget) * self.first
            with torch.set_grad_enabled(not exceeds):
                target = self._loss(TARGET, weights, loss_of)
            losses[TARGET] = float(target.detach())
            falling = source if exceeds else target
            return losses, _flat(torch.autograd.grad(falling, weights, allow_unused=True), weights)

    def _loss(self, domain: str, weights: Sequence[Tensor], loss_of: Callable[[Batch], Tensor | None]) -> Tensor:
        found = loss_of(self._held_out[domain].to(weights[0].device))
        if found is None:
            raise UsageError(
                f"model.mixing.held_out_{domain}: none of its utterances can be used; give another manifest"
            )
        return found

    def state(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        return {"share": self.value, "first": self.first, "history": [dict(row) for row in self.history]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.value, self.first = state["share"], state["first"]
        self.history = [dict(row) for row in state["history"]]


def compared_weights(network: nn.Module, layers: Sequence[str]) -> list[Tensor]:
    """The trained parameters of the last `LAYERS` of the layers that have any.

    Args:
        layers: prefixes of names, from the input to the output.
    """
    named = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
    groups = [[one for name, one in named if name.startswith(prefix)] for prefix in layers]
    last = [group for group in groups if group][-LAYERS:]
    return [one for group in last for one in group] or [one for _, one in named]


def _flat(gradients: Sequence[Tensor | None], weights: Sequence[Tensor]) -> Tensor:
    """Gradients as one vector in double precision; zero for weights that the loss does not depend on."""
    own = [torch.zeros_like(one) if grad is None else grad for grad, one in zip(gradients, weights, strict=True)]
    return torch.cat([one.detach().double().flatten() for one in own])


def _cosine(one: Tensor, other: Tensor) -> float | None:
    """None if one of both is zero or not finite."""
    size = float(one.norm() * other.norm())
    return float(one @ other) / size if size > 0 and math.isfinite(size) else None


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """The network without dropout and without changes of its statistics."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
