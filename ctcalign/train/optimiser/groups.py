"""AdamW for a network: groups of parameters with one rate each, and its saved state when the groups have changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from ctcalign.models.training.layers import layers_of
from ctcalign.models.training.names import parameters_named
from ctcalign.train.optimiser.config import OptimiserConfig


def adamw(
    config: OptimiserConfig, network: nn.Module, layers: Sequence[str] | None = None, names: Collection[str] = ()
) -> torch.optim.Optimizer:
    """AdamW over a network.

    Args:
        layers: prefixes of names, from the input to the output; None: `layers_of(network)`.
        names: names of the parameters; default: those that require a gradient.
    Raises:
        UsageError: a group of the configuration matches no parameter.
    """
    return torch.optim.AdamW(_groups(config, network, layers, names), lr=config.lr, betas=config.betas)


def regrouped(
    state: Mapping[str, Any], optimiser: torch.optim.Optimizer, network: nn.Module
) -> tuple[dict[str, Any], bool]:
    """The saved state of an optimiser of `adamw` for one with other groups or parameters, matched by name.

    Parameters that the state does not contain begin without moments.

    Returns:
        The state, and whether the groups differ; if so, call `renew` to set the options of the groups.
    """
    before = [group.get("names", names) for group, names in zip(state["param_groups"], _unnamed(network), strict=False)]
    before += [group["names"] for group in state["param_groups"][len(before) :]]
    now = [group["names"] for group in optimiser.param_groups]
    if before == now:
        groups = [{**group, "names": names} for group, names in zip(state["param_groups"], now, strict=True)]
        return {**state, "param_groups": groups}, False
    saved = {
        name: state["state"][number]
        for names, group in zip(before, state["param_groups"], strict=True)
        for name, number in zip(names, group["params"], strict=True)
        if number in state["state"]
    }
    options = {key: value for key, value in state["param_groups"][0].items() if key not in ("params", "names")}
    groups, number = [], 0
    states: dict[int, Any] = {}
    for group in optimiser.param_groups:
        places = list(range(number, number + len(group["names"])))
        number += len(places)
        states |= {place: saved[name] for place, name in zip(places, group["names"], strict=True) if name in saved}
        groups.append({**options, "params": places, "names": list(group["names"])})
    return {"state": states, "param_groups": groups}, True


def renew(
    config: OptimiserConfig, network: nn.Module, layers: Sequence[str] | None, optimiser: torch.optim.Optimizer,
    scheduler: Any,
) -> None:  # fmt: skip
    """Give a restored AdamW and its schedule (torch's LambdaLR) the options of a configuration."""
    factor = scheduler.lr_lambdas[0](scheduler.last_epoch)
    names = [name for group in optimiser.param_groups for name in group["names"]]
    for group, new in zip(optimiser.param_groups, _groups(config, network, layers, names), strict=True):
        group["weight_decay"], group["betas"] = new["weight_decay"], tuple(config.betas)
        group["initial_lr"], group["lr"] = new["lr"], new["lr"] * factor
    scheduler.base_lrs = [group["initial_lr"] for group in optimiser.param_groups]


def _groups(
    config: OptimiserConfig, network: nn.Module, layers: Sequence[str] | None, names: Collection[str]
) -> list[dict[str, Any]]:
    """Groups of AdamW: parameters of one rate and weight decay together, those that are decayed first."""
    rates = _rates(config, network, layers_of(network) if layers is None else layers)
    chosen = set(names)
    found: dict[tuple[bool, float, float], dict[str, Any]] = {}
    for flat in (False, True):
        for name, parameter in network.named_parameters():
            wanted = name in chosen if chosen else parameter.requires_grad
            if (parameter.ndim <= 1) != flat or not wanted:
                continue
            rate, decay = rates[name]
            decay = 0.0 if flat else decay
            new = {"params": [], "names": [], "lr": rate, "weight_decay": decay}
            group = found.setdefault((flat, rate, decay), new)
            group["params"].append(parameter)
            group["names"].append(name)
    return list(found.values())


def _rates(config: OptimiserConfig, network: nn.Module, layers: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Learning rate and weight decay by the name of the parameter."""
    found, layer = {}, 0
    for name, _ in network.named_parameters():
        own = [place for place, prefix in enumerate(layers) if name.startswith(prefix)]
        # A parameter outside the layers belongs to the one defined before it.
        layer = max(own, key=lambda place: len(layers[place])) if own else layer
        found[name] = (config.lr * config.layer_decay ** max(0, len(layers) - 1 - layer), config.weight_decay)
    for group in config.groups:
        for name in parameters_named(network, group.modules, "optimiser.groups"):
            rate, decay = found[name]
            found[name] = (
                rate if group.lr is None else group.lr,
                decay if group.weight_decay is None else group.weight_decay,
            )
    return found


def _unnamed(network: nn.Module) -> list[list[str]]:
    """Names in the groups of earlier versions, which did not save them."""
    groups = ([name for name, one in network.named_parameters() if (one.ndim <= 1) == flat] for flat in (False, True))
    return [names for names in groups if names]
