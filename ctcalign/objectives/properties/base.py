"""What a property is, and what it may know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ctcalign.objectives.properties.draws import Source


@dataclass(frozen=True)
class PropertyContext:
    """What a property may know about the utterance of a path.

    Attributes:
        reference: labels of the transcript, without blanks.
        vocabulary: the symbol of each label; empty when nobody needs it.
        blank: label of the blank.
        rng: the only source of randomness a property may use; `improve` sets it.
    """

    reference: Sequence[int] = ()
    vocabulary: Sequence[str] = ()
    blank: int = 0
    rng: np.random.Generator = field(default_factory=np.random.default_rng)


Property = Callable[[NDArray[np.int64], PropertyContext], Any]
"""(labels of the valid frames (T,), context) -> a path of the same length, or None when there is nothing to better."""


class BatchProperty(ABC):
    """A property that works on all paths of a batch at once, for speed."""

    @abstractmethod
    def improve_batch(
        self,
        paths: Tensor,
        contexts: Sequence[PropertyContext],
        lengths: Tensor,
        generator: Source = None,
    ) -> Tensor:
        """Better paths (B, N, T) of int64 paths (B, N, T) with lengths (B,), as new tensor on the same device.

        Args:
            generator: None, one, or one of each utterance; `draw_frames` and `draw_numbers` take them all.
        """

    @abstractmethod
    def __call__(self, path: NDArray[np.int64], context: PropertyContext) -> NDArray[np.int64] | None:
        """The same for one path."""
