"""The one call of all objectives: what a batch gives them, what they give back, and how a configuration names them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.registry import Registry


@dataclass(frozen=True)
class ObjectiveInput:
    """A batch after the model. Only what an objective `needs` must be there beyond the first four.

    Attributes:
        log_probs: (B, T, C), natural log, normalised over C.
        input_lengths: valid frames of each utterance, (B,) counts.
        targets: labels of the transcripts without blanks, (B, L) ints.
        target_lengths: (B,) counts.
        blank: label of the blank.
        paths: sampled paths, (B, N, T) ints, when "paths" is needed.
        hypotheses: distinct texts that the model could mean, (B, H, U) labels without blanks, when "hypotheses" is
            needed.
        hypothesis_lengths: (B, H) counts; -1 where an utterance has fewer than H.
        vocabulary: the symbol of each label, C strings; needed where words matter.
        generator: source of all randomness; None is torch's own. On the device of the paths. An objective that is
            `separable` also takes one of each utterance, so that an utterance draws the same whatever else there is.
    """

    log_probs: Tensor
    input_lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    blank: int = 0
    paths: Tensor | None = None
    hypotheses: Tensor | None = None
    hypothesis_lengths: Tensor | None = None
    vocabulary: Sequence[str] = ()
    generator: torch.Generator | Sequence[torch.Generator] | None = None


@dataclass(frozen=True)
class ObjectiveOutput:
    """A loss and what is worth logging.

    Attributes:
        loss: scalar, before the weight that the caller gives it.
        statistics: scalars by name, detached.
        weights: of statistics that are not means over the utterances, how many things they are the mean of; batches
            are put together by it.
    """

    loss: Tensor
    statistics: Mapping[str, Tensor] = field(default_factory=dict)
    weights: Mapping[str, Tensor] = field(default_factory=dict)


class Objective(ABC):
    """A loss of a batch.

    Class attributes:
        replaces_ctc: True: it stands in place of the CTC loss. False: it is added to it, times a weight.
        needs: fields of ObjectiveInput that the caller fills: "paths", "hypotheses".
        separable: takes one generator of each utterance, and its loss is the mean of what it is of each alone.
    """

    replaces_ctc: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    separable: ClassVar[bool] = False

    def prepare(
        self, features: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Change the model's input in training: features (B, T, F) and lengths (B,). Most leave them alone."""
        return features, lengths

    @abstractmethod
    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Loss of a batch."""


_OBJECTIVES = Registry(
    "objective",
    {
        "align_with_purpose": "ctcalign.objectives.components",
        "ctc": "ctcalign.objectives.components",
        "delay_penalty": "ctcalign.objectives.components",
        "fastemit": "ctcalign.objectives.components",
        "mwer": "ctcalign.objectives.components",
        "peak_first": "ctcalign.objectives.components",
        "trim_tail": "ctcalign.objectives.components",
    },
    given=1,
)
register_objective = _OBJECTIVES.register


def objective_names() -> list[str]:
    """Names that `build_objective` knows."""
    return _OBJECTIVES.names()


def build_objective(name: str, **options: Any) -> Objective:
    """Build an objective from a configuration.

    Args:
        name: "align_with_purpose", "delay_penalty", "peak_first", "trim_tail", "mwer", "fastemit", "ctc", a name given
            with `register_objective`, or "module:Class".
        options: what its constructor takes.
    Raises:
        UsageError: no such name or option, or it is no Objective.
    """
    built = _OBJECTIVES.build(name, options)
    if not isinstance(built, Objective):
        raise UsageError(f"objective: {name!r} is a {type(built).__name__}, expected a subclass of Objective")
    return built
