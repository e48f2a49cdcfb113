"""The interface of properties: their input and output, properties by name, and random draws for a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_paths
from ctcalign.errors import UsageError
from ctcalign.registry import Registry

Source = torch.Generator | Sequence[torch.Generator] | None
"""One torch generator, one per utterance, or None for torch's global one."""


@dataclass(frozen=True)
class PropertyContext:
    """The utterance of a path, as input of a property.

    Attributes:
        reference: labels of the transcript, without blanks.
        vocabulary: the symbol of each label; may be empty if the property does not need it.
        blank: label of the blank.
        rng: the only source of randomness a property may use; `improve` sets it.
    """

    reference: Sequence[int] = ()
    vocabulary: Sequence[str] = ()
    blank: int = 0
    rng: np.random.Generator = field(default_factory=np.random.default_rng)


Property = Callable[[NDArray[np.int64], PropertyContext], Any]
"""(labels of the valid frames (T,), context) -> a path of the same length, or None if there is nothing to improve."""


class BatchProperty(ABC):
    """A property that handles all paths of a batch at once, for speed."""

    @abstractmethod
    def improve_batch(
        self,
        paths: Tensor,
        contexts: Sequence[PropertyContext],
        lengths: Tensor,
        generator: Source = None,
    ) -> Tensor:
        """Improved paths (B, N, T) of int64 paths (B, N, T) with lengths (B,), a new tensor on the same device.

        Args:
            generator: None, one, or one per utterance; pass it on to `draw_frames` and `draw_numbers`.
        """

    @abstractmethod
    def __call__(self, path: NDArray[np.int64], context: PropertyContext) -> NDArray[np.int64] | None:
        """The same for a single path."""


_PROPERTIES = Registry("property", positional=2)
register_property = _PROPERTIES.register


def property_names() -> list[str]:
    """Names of all registered properties."""
    return _PROPERTIES.names()


def build_property(name: str | Mapping[str, Any] | Callable[..., Any], **options: Any) -> Property:
    """Build a property from a configuration.

    Args:
        name: "low_latency", "minimum_wer", "minimum_cer", "joint", a name registered with `register_property`,
            "module:function" of the user's own, a mapping of "name" and options, or a property, which is returned.
        options: arguments of its constructor, or keywords of the function.
    Raises:
        UsageError: unknown name or option.
    """
    if isinstance(name, Mapping):
        if not isinstance(name.get("name"), str):
            raise UsageError(f"property: expected a mapping with a name, got {dict(name)}")
        return build_property(name["name"], **{**{key: name[key] for key in name if key != "name"}, **options})
    if not isinstance(name, str):
        if not callable(name) or options:
            raise UsageError(f"property: expected a name, a mapping or a property without options, got {name!r}")
        return name
    built: Property = _PROPERTIES.build(name, options)
    if not callable(built):
        raise UsageError(f"property: {name!r} is a {type(built).__name__}, which cannot be called with a path")
    return built


@checked_arguments
def draw_frames(paths: Tensor, lengths: Tensor, source: Source) -> Tensor:
    """A random number in [0, 1) per frame, (B, N, T) float32 on the device of the paths.

    With one generator per utterance, padding gets 0 and the numbers of an utterance do not depend on the rest of the
    batch.
    """
    check_paths("paths", paths)
    check_source("source", source, paths.shape[0])
    if source is None or isinstance(source, torch.Generator):
        return torch.rand(paths.shape, generator=source, device=_device(source, paths)).to(paths.device)
    found = torch.zeros(paths.shape, device=paths.device)
    for row, frames, own in zip(found, lengths.tolist(), source, strict=True):
        row[:, :frames] = torch.rand((paths.shape[1], frames), generator=own, device=own.device).to(paths.device)
    return found


@checked_arguments
def draw_numbers(paths: Tensor, low: int, high: int, source: Source) -> Tensor:
    """A random integer in [low, high) per path, (B, N) int64 on the device of the paths."""
    check_paths("paths", paths)
    check_source("source", source, paths.shape[0])
    if not low < high:
        raise UsageError(f"low, high: expected low < high, got {low} and {high}")
    if source is None or isinstance(source, torch.Generator):
        device = _device(source, paths)
        return torch.randint(low, high, paths.shape[:2], generator=source, device=device).to(paths.device)
    rows = [torch.randint(low, high, paths.shape[1:2], generator=own, device=own.device) for own in source]
    return torch.stack(rows).to(paths.device)


def check_source(name: str, source: Any, rows: int | None = None) -> None:
    """A source of randomness must be None, a generator, or a sequence of generators, `rows` of them if given."""
    if source is None or isinstance(source, torch.Generator):
        return
    if not isinstance(source, Sequence) or not all(isinstance(own, torch.Generator) for own in source):
        raise UsageError(f"{name}: expected a torch.Generator, one per utterance, or None, got {type(source).__name__}")
    if rows is not None and len(source) != rows:
        raise UsageError(f"{name}: expected {rows} generators, one per utterance, got {len(source)}")


def _device(source: torch.Generator | None, paths: Tensor) -> torch.device:
    return paths.device if source is None else source.device
