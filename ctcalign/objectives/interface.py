"""The interface of objectives: their input, their output, and objectives by name."""

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
    """A batch with the output of the model. The first four fields and those that the objective `needs` must be set.

    Attributes:
        log_probs: (B, T, C), natural log, normalised over C.
        input_lengths: valid frames of each utterance, (B,) counts.
        targets: labels of the transcripts without blanks, (B, L) ints.
        target_lengths: (B,) counts.
        blank: label of the blank.
        paths: sampled paths, (B, N, T) ints, if "paths" is needed.
        hypotheses: distinct texts of an n-best list, (B, H, U) labels without blanks, if "hypotheses" is needed.
        hypothesis_lengths: (B, H) counts; -1 where an utterance has fewer than H.
        vocabulary: the symbol of each label, C strings; needed by objectives on words.
        generator: source of all randomness, on the device of the paths; None is torch's global generator. A `separable`
            objective also takes one per utterance, so that the draws of an utterance do not depend on its batch.
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
    """A loss and statistics for the log.

    Attributes:
        loss: scalar, before the caller's weight.
        statistics: scalars by name, detached.
        weights: for statistics that are not means over the utterances, the number of items averaged; used to average
            over several batches.
    """

    loss: Tensor
    statistics: Mapping[str, Tensor] = field(default_factory=dict)
    weights: Mapping[str, Tensor] = field(default_factory=dict)


class Objective(ABC):
    """A loss of a batch.

    Class attributes:
        replaces_ctc: True: it replaces the CTC loss. False: it is added to the CTC loss, times a weight.
        needs: fields of ObjectiveInput that the caller must set: "paths", "hypotheses".
        separable: takes one generator per utterance, and its loss is the mean of the losses of single utterances.
    """

    replaces_ctc: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    separable: ClassVar[bool] = False

    def prepare(
        self, features: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Change the model's input in training: features (B, T, F) and lengths (B,). By default unchanged."""
        return features, lengths

    @abstractmethod
    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Loss of a batch."""


_OBJECTIVES = Registry("objective", positional=1)
register_objective = _OBJECTIVES.register


def objective_names() -> list[str]:
    """Names of all registered objectives."""
    return _OBJECTIVES.names()


def build_objective(name: str, **options: Any) -> Objective:
    """Build an objective from a configuration.

    Args:
        name: "align_with_purpose", "delay_penalty", "peak_first", "trim_tail", "mwer", "fastemit", "ctc", a name
            registered with `register_objective`, or "module:Class".
        options: arguments of its constructor.
    Raises:
        UsageError: unknown name or option, or the class is not an Objective.

    """
    built = _OBJECTIVES.build(name, options)
    if not isinstance(built, Objective):
        raise UsageError(f"objective: {name!r} is a {type(built).__name__}, expected a subclass of Objective")
    return built
