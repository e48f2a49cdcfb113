"""Composition of properties: each one improves the result of the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.objectives.properties.improving import improve
from ctcalign.objectives.properties.interface import (
    BatchProperty,
    PropertyContext,
    Source,
    build_property,
    register_property,
)


@register_property("joint")
class Joint(BatchProperty):
    """Composition of properties: each one improves the result of the one before.

    The default is fewer word errors, then lower latency. For a separate weighted hinge per property on the same
    samples, give the objective several `terms` instead.

    Args:
        properties: names, mappings of name and options, or properties; at least one.
    Source: suggested by reviewers of arXiv:2307.01715.
    """

    def __init__(
        self, properties: Sequence[str | Mapping[str, Any] | Callable[..., Any]] = ("minimum_wer", "low_latency")
    ) -> None:
        if isinstance(properties, str) or not properties:
            raise UsageError(f"properties: expected a list with at least one property, got {properties!r}")
        self.properties = [build_property(one) for one in properties]

    def improve_batch(
        self,
        paths: Tensor,
        contexts: Sequence[PropertyContext],
        lengths: Tensor,
        generator: Source = None,
    ) -> Tensor:
        """Improved paths (B, N, T)."""
        for one in self.properties:
            paths, _ = improve(paths, one, contexts, lengths, generator)
        return paths

    def __call__(self, path: NDArray[np.int64], context: PropertyContext) -> NDArray[np.int64] | None:
        """An improved path (T,), or None if no property changed it."""
        better = None
        for one in self.properties:
            found = one(path if better is None else better, context)
            better = better if found is None else np.asarray(found)
        return better
