"""Gradient checkpointing: recompute the activations of a layer in the backward pass instead of keeping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from ctcalign.errors import UsageError

_SUPPORT = "supports_gradient_checkpointing"
# The method of transformers, by its name in version 6 and by that before.
_ENABLE = ("activation_checkpointing_enable", "gradient_checkpointing_enable")


def recompute_activations(network: nn.Module, layers: Sequence[str]) -> None:
    """Keep only the inputs of the repeated layers; gradients stay the same, at the cost of a second forward pass.

    Models of transformers do this themselves.

    Args:
        layers: prefixes of the names of the layers; those that end in a number are the repeated ones.
    Raises:
        UsageError: the model of transformers cannot do it.
    """
    inner: Any = next((one for one in network.modules() if hasattr(one, _SUPPORT)), None)
    if inner is not None:
        if not getattr(inner, _SUPPORT):
            raise UsageError(
                f"model.gradient_checkpointing: {type(inner).__name__} does not support it; remove the option"
            )
        enable = next(getattr(inner, name) for name in _ENABLE if hasattr(inner, name))
        enable({"use_reentrant": False})
        return
    for layer in layers:
        name = layer.rstrip(".")
        if not name.rpartition(".")[2].isdigit():
            continue
        module = network.get_submodule(name)
        module.forward = partial(_recomputed, module, module.forward)


def _recomputed(module: nn.Module, forward: Any, *inputs: Any, **more: Any) -> Any:
    if not module.training:
        return forward(*inputs, **more)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=partial(_contexts, module), **more)


def _contexts(module: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), _fixed_statistics(module)


@contextmanager
def _fixed_statistics(module: nn.Module) -> Iterator[None]:
    """Update the statistics of batch normalisation once, not again in the recomputation."""
    kept = [
        (one, one.momentum, one.num_batches_tracked.clone())
        for one in module.modules()
        if isinstance(one, _BatchNorm) and one.num_batches_tracked is not None
    ]
    for one, _, _ in kept:
        one.momentum = 0.0
    try:
        yield
    finally:
        for one, momentum, number in kept:
            one.momentum = momentum
            one.num_batches_tracked = number
