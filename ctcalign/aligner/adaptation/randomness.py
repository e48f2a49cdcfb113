"""Random numbers of a network from generators of its own, so that threads do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode


class OwnGenerators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """In this thread, operators of torch draw from own generators, one for each device, instead of the global ones.

    Attention with dropout in one kernel of a GPU has no generator as an argument, and draws from that of the device.

    Args:
        seed: of the generators.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._seed = seed
        self._generators: dict[torch.device, torch.Generator] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operator; a random one with the generator of its device."""
        given = dict(kwargs or {})
        if torch.Tag.nondeterministic_seeded not in func.tags or given.get("generator") is not None:
            return func(*args, **given)
        device = given.get("device") or next((one.device for one in args if isinstance(one, Tensor)), "cpu")
        generator = self._generator(torch.device(device))
        if func is torch.ops.aten.native_dropout.default:
            return _dropout(generator, *args, **given)
        overload = "generator" if func._overloadname == "default" else f"{func._overloadname}_generator"
        if not _takes_generator(func) and overload in func.overloadpacket.overloads():
            func = getattr(func.overloadpacket, overload)  # of rand and its like
        if _takes_generator(func):
            given["generator"] = generator
        return func(*args, **given)

    def _generator(self, device: torch.device) -> torch.Generator:
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self._seed)
        return self._generators[device]


@contextmanager
def own_randomness(network: nn.Module, seed: int, device: str) -> Iterator[OwnGenerators]:
    """The context in which a network draws random numbers from a seed; the global generators stay as they are.

    Masks of transformers' models, which NumPy's global generator draws, are off meanwhile; the inputs have masks.

    Args:
        device: on which the network is. The global generator of a GPU is restored at the end.
    """
    configs = {id(one): one for module in network.modules() if (one := getattr(module, "config", None)) is not None}
    masking = [one for one in configs.values() if getattr(one, "apply_spec_augment", False)]
    with ExitStack() as stack:
        if device.startswith("cuda"):
            stack.enter_context(torch.random.fork_rng([device]))
            torch.cuda.manual_seed(seed)
        for config in masking:
            stack.callback(setattr, config, "apply_spec_augment", True)
            config.apply_spec_augment = False
        yield OwnGenerators(seed)


def _takes_generator(func: Any) -> bool:
    return any(argument.name == "generator" for argument in func._schema.arguments)


def _dropout(generator: torch.Generator, values: Tensor, p: float, train: bool | None = True) -> tuple[Tensor, Tensor]:
    """The result of aten.native_dropout: values and mask."""
    mask = torch.empty_like(values, dtype=torch.bool)
    if train is False:
        return values.clone(), mask.fill_(True)
    mask.bernoulli_(1.0 - p, generator=generator)
    return values * mask * (1.0 / (1.0 - p) if p < 1 else 0.0), mask
