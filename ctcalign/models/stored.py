"""Weights, header and network of a model file; sizes are compared before the network is built."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.header import header_object

N = TypeVar("N", bound=nn.Module)

# Options that are numbers of layers; every layer has its own weights.
_LAYERS = ("blocks", "layers", "encoder_num_layers")
# Largest value of other options, such as a context in frames (three hours of 10 ms), in a file with fewer weights.
_LARGEST = 1 << 20
# Prefix of the network's weights in a checkpoint of training.
_PREFIX = "network."


def built(make: Callable[[], N], options: object, weights: Mapping[str, Tensor], where: str) -> N:
    """The network that `make` builds, after checks that its sizes are those of the weights.

    Args:
        options: from the header, with the sizes that `make` uses.
        weights: by their names in the network.
    Raises:
        ModelError: the options describe no network, or the weights are those of another one.
    """
    _check_sizes(options, len(weights), max(_LARGEST, sum(value.numel() for value in weights.values())), where)
    try:
        with torch.device("meta"):  # shapes without memory
            shapes = {name: tuple(value.shape) for name, value in make().state_dict().items()}
    except (LookupError, TypeError, ValueError, ArithmeticError, RuntimeError, AttributeError, UsageError) as error:
        raise ModelError(
            f"{where}: its header describes no network that this ctcalign can build "
            f"({' '.join(str(error).split())[:200]}); load it with the version that wrote it"
        ) from error
    different = _difference(shapes, {name: tuple(value.shape) for name, value in weights.items()})
    if different:
        raise ModelError(f"{where}: its weights are those of another network ({different}); check encoder and symbols")
    return make()


def own_weights(weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The weights by their names in the network: a checkpoint of training has them below "network."."""
    inner = {key[len(_PREFIX) :]: value for key, value in weights.items() if key.startswith(_PREFIX)}
    return inner or weights


def read_weights(path: Path, name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a safetensors file.

    Raises:
        ModelError: it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {key: file.get_tensor(key) for key in file.keys()}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{name}: {path} cannot be read as safetensors ({error}); copy the file again") from error
    return header_object(metadata.get("ctcalign", "{}"), name), weights


def fingerprint(network: nn.Module) -> str:
    """Hash of the weights of a network, 16 characters."""
    digest = hashlib.blake2b(digest_size=8)
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().float().numpy().tobytes())
    return digest.hexdigest()


def _check_sizes(value: object, layers: int, largest: int, where: str, name: str = "config") -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_sizes(inner, layers, largest, where, str(key))
    elif isinstance(value, list):
        for inner in value:
            _check_sizes(inner, layers, largest, where, name)
    elif isinstance(value, int | float):
        most = layers if name in _LAYERS else largest
        if not math.isfinite(value) or not -1 <= value <= most:
            raise ModelError(
                f"{where}: {name}: got {str(value)[:20]}, which does not fit {layers} weights; copy the file again"
            )


def _difference(own: Mapping[str, tuple[int, ...]], given: Mapping[str, tuple[int, ...]]) -> str:
    for name, shape in own.items():
        if name not in given:
            return f"it has no {name}"
        if given[name] != shape:
            return f"{name} has the shape {given[name]}, expected {shape}"
    unknown = next((name for name in given if name not in own), None)
    return "" if unknown is None else f"it has an unknown {unknown}"
