"""The layers of a network, from the input to the output."""

from __future__ import annotations

from torch import nn


def layers_of(network: nn.Module) -> list[str]:
    """Prefixes of the names of the parameters of each layer, such as "encoder.blocks.0.", in the order of definition.

    Lists of modules are divided into their items, and so are the modules that contain one.
    """
    found = []
    for name, module in network.named_children():
        if not _has_parameters(module):
            continue
        if _is_list(module):
            found += [f"{name}.{inner}." for inner, one in module.named_children() if _has_parameters(one)]
        elif any(_is_list(inner) for inner in module.modules()):
            found += [f"{name}.{inner}" for inner in layers_of(module)]
        else:
            found.append(f"{name}.")
    return found


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _is_list(module: nn.Module) -> bool:
    return isinstance(module, nn.ModuleList | nn.Sequential)
