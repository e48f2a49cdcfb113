"""Parts of a network that are not trained, for the whole training or up to an update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from ctcalign.checks import check_count
from ctcalign.errors import UsageError
from ctcalign.models.training.names import modules_named, parameters_named


@dataclass
class Freeze:
    """Parts of the network that are not trained.

    Attributes:
        modules: patterns of names of modules and parameters, such as [feature_extractor, "encoder.blocks.[0-5]"].
        until_step: update from which the parts are trained; None: never.
    """

    modules: list[str]
    until_step: int | None = None

    def __post_init__(self) -> None:
        if not self.modules:
            raise UsageError("model.freeze: modules: expected names, got none")
        if self.until_step is not None:
            check_count("model.freeze: until_step", self.until_step)


class Freezer:
    """Freezes and unfreezes parts of a network.

    Frozen parameters have no gradient. Frozen modules are in evaluation mode: without dropout, and with their
    stored statistics of batch normalisation.

    Args:
        network: in training mode.
        frozen: the parts; a string is a pattern for the whole training.
    Attributes:
        names: names of the parameters that are trained at some point of the training.
    Raises:
        UsageError: a pattern matches nothing, or nothing is left to train at the start.
    """

    def __init__(self, network: nn.Module, frozen: Sequence[Freeze | str]) -> None:
        for one in frozen:
            if isinstance(one, str) and set(one) & set("{}"):
                raise UsageError(
                    f"model.freeze: cannot read {one}; expected names, or {{modules: [NAME], until_step: N}}"
                )
        parts = [Freeze([one]) if isinstance(one, str) else one for one in frozen]
        trained = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
        self._parameters = [
            (part.until_step, [trained[name] for name in sorted(found & set(trained))])
            for part in parts
            for found in [parameters_named(network, part.modules, "model.freeze")]
        ]
        self._modules = [(part.until_step, modules_named(network, part.modules)) for part in parts]
        for_good = {id(one) for until, listed in self._parameters if until is None for one in listed}
        self.names = [name for name, parameter in trained.items() if id(parameter) not in for_good]
        self.apply(0)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise UsageError("model.freeze: all parameters are frozen, so there is nothing to train")

    @property
    def thaws(self) -> bool:
        """Whether parts are frozen only up to an update."""
        return any(until is not None for until, _ in self._parameters)

    def apply(self, step: int) -> bool:
        """Freeze exactly the parts that are frozen at an update; returns whether anything has changed."""
        frozen = {id(one) for until, listed in self._parameters if _is_frozen(until, step) for one in listed}
        changed = False
        for _, listed in self._parameters:
            for parameter in listed:
                trained = id(parameter) not in frozen
                changed |= parameter.requires_grad != trained
                parameter.requires_grad_(trained)
        if changed:
            # Frozen ones last, since they may lie inside others.
            for until, modules in sorted(self._modules, key=lambda part: _is_frozen(part[0], step)):
                for module in modules:
                    module.train(not _is_frozen(until, step))
        return changed


def _is_frozen(until: int | None, step: int) -> bool:
    return until is None or step < until
