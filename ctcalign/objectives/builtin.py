"""Built-in objectives: the losses of this package behind the interface `Objective`, for configurations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import ctc_loss

from ctcalign.checks import (
    check_choice,
    check_count,
    check_number,
    check_utterances,
    valid_frames,
)
from ctcalign.errors import BatchError, UsageError
from ctcalign.objectives.awp import awp_pairs
from ctcalign.objectives.delay import (
    REDUCTIONS,
    delay_penalty_loss,
    fastemit_ctc_loss,
    peak_first_loss,
    reduced,
    trim_tail,
)
from ctcalign.objectives.interface import Objective, ObjectiveInput, ObjectiveOutput, register_objective
from ctcalign.objectives.mwer import mwer_loss, text_errors
from ctcalign.objectives.properties.improving import improve
from ctcalign.objectives.properties.interface import PropertyContext, build_property

PropertyConfig = str | Mapping[str, Any] | Callable[..., Any]


@register_objective("align_with_purpose")
class AlignWithPurpose(Objective):
    """Hinge between sampled paths and the paths that a property improved; see `align_with_purpose_loss`.

    Args:
        property: a name, a mapping of "name" and options, or "module:function" of the user's own.
        margin: margin of the hinge, >= 0, nats per frame.
        reduction: "mean" over pairs and batch, or "sum_paths" as in the published code: N times as large.
        terms: several hinges on the same paths in place of `property`: mappings with "property", "weight" (>= 0,
            default 1) and "margin" (default: the argument `margin`). The loss is their weighted sum.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"paths"})
    separable: ClassVar[bool] = True

    def __init__(
        self,
        property: PropertyConfig = "low_latency",
        margin: float = 0.0,
        reduction: str = "mean",
        terms: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        check_choice("reduction", reduction, ("mean", "sum_paths"))
        self.reduction = reduction
        self.terms: list[tuple[str, Any, float, float]] = []
        for place, term in enumerate([{"property": property}] if terms is None else terms):
            unknown = sorted(set(term) - {"property", "weight", "margin"})
            if unknown or "property" not in term:
                raise UsageError(
                    f"terms: number {place} needs a property and may have weight and margin, got {dict(term)}"
                )
            weight = check_number("weight", term.get("weight", 1.0))
            own = check_number("margin", term.get("margin", margin))
            self.terms.append((_name_of(term["property"], place), build_property(term["property"]), weight, own))
        if not self.terms:
            raise UsageError("terms: expected at least one, got an empty list")

    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Loss of a batch with paths (B, N, T). With several terms, names of statistics begin with the property."""
        if batch.paths is None:
            raise UsageError("paths: align_with_purpose needs sampled paths, got None; see `ctcalign.ctc.sample_paths`")
        contexts = contexts_of(batch)
        losses: list[Tensor] = []
        statistics: dict[str, Tensor] = {}
        weights: dict[str, Tensor] = {}
        for name, property, weight, margin in self.terms:
            better, changed = improve(batch.paths, property, contexts, batch.input_lengths, batch.generator)
            pairs = awp_pairs(batch.log_probs, batch.paths, better, batch.input_lengths, margin=margin, changed=changed)
            losses.append(weight * pairs.loss(self.reduction))
            prefix = f"{name}/" if len(self.terms) > 1 else ""
            statistics |= {prefix + key: value for key, value in pairs.statistics().items()}
            weights |= {prefix + key: value for key, value in pairs.statistics_weights().items()}
        return ObjectiveOutput(sum(losses[1:], losses[0]), statistics, weights)


@register_objective("ctc")
class Ctc(Objective):
    """The CTC loss of torch.

    Args:
        reduction: "mean": each loss divided by its number of labels, then the mean over the batch, as in torch.
            "batch_mean", "sum". An utterance without an alignment counts as 0.
    """

    replaces_ctc: ClassVar[bool] = True

    def __init__(self, reduction: str = "mean") -> None:
        check_choice("reduction", reduction, [one for one in REDUCTIONS if one != "none"])
        self.reduction = reduction

    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Loss of a batch."""
        losses = self.losses(batch)
        statistics = {"infeasible": (~torch.isfinite(losses.detach())).float().mean()}
        return ObjectiveOutput(reduced(losses, batch.target_lengths, self.reduction), statistics)

    def losses(self, batch: ObjectiveInput) -> Tensor:
        """Loss of each utterance, (B,); inf if it has no alignment."""
        frames, tokens = _checked(batch)
        log_probs = batch.log_probs
        if log_probs.dtype in (torch.float16, torch.bfloat16):
            log_probs = log_probs.float()
        targets = batch.targets if batch.targets.shape[1] else batch.targets.new_zeros(len(batch.targets), 1)
        found = ctc_loss(
            log_probs.transpose(0, 1),
            targets.to(log_probs.device),
            frames,
            tokens.to(log_probs.device),
            batch.blank,
            "none",
            zero_infinity=True,  # otherwise the gradient of an utterance without an alignment is NaN
        )
        # A loss of 0 does not show that there is no alignment: a certain alignment also costs 0. Compare lengths.
        return torch.where(_too_short(targets, frames, tokens), torch.full_like(found, math.inf), found)


@register_objective("delay_penalty")
class DelayPenalty(Ctc):
    """CTC loss with a bonus for alignments that emit early; see `delay_penalty_loss`.

    Args:
        penalty: >= 0, nats per frame.  reduction: as in `Ctc`.
    """

    def __init__(self, penalty: float, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.penalty = check_number("penalty", penalty)

    def losses(self, batch: ObjectiveInput) -> Tensor:
        """Loss of each utterance, (B,)."""
        return delay_penalty_loss(*_tensors(batch), penalty=self.penalty, blank=batch.blank, reduction="none")


@register_objective("fastemit")
class FastEmit(Ctc):
    """CTC loss with a larger gradient through labels; see `fastemit_ctc_loss`.

    Args:
        scale: >= 0.  reduction: as in `Ctc`.
    """

    def __init__(self, scale: float, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.scale = check_number("scale", scale)

    def losses(self, batch: ObjectiveInput) -> Tensor:
        """Loss of each utterance, (B,)."""
        return fastemit_ctc_loss(*_tensors(batch), scale=self.scale, blank=batch.blank, reduction="none")


@register_objective("trim_tail")
class TrimTail(Ctc):
    """CTC loss of an input whose end is cut off; see `trim_tail`.

    Args:
        most: largest number of feature frames to cut, >= 1.  reduction: as in `Ctc`.
    """

    def __init__(self, most: int, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.most = check_count("most", most)

    def prepare(
        self, features: Tensor, lengths: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Features and lengths without their last frames."""
        return trim_tail(features, lengths, self.most, generator)


@register_objective("peak_first")
class PeakFirst(Objective):
    """KL divergence between each frame and the next one, added to the CTC loss; see `peak_first_loss`.

    Args:
        temperature: > 0.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        self.temperature = check_number("temperature", temperature, positive=True)

    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Mean over the batch."""
        return ObjectiveOutput(peak_first_loss(batch.log_probs, batch.input_lengths, temperature=self.temperature))


@register_objective("mwer")
class Mwer(Objective):
    """Expected errors over distinct texts, added to the CTC loss; see `mwer_loss`.

    Args:
        unit: unit in which errors are counted, "words" or "labels".
        temperature: temperature of the posteriors of the texts, > 0.
        separator: the symbol between words; None finds it.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"hypotheses"})

    def __init__(self, unit: str = "words", temperature: float = 1.0, separator: str | None = None) -> None:
        check_choice("unit", unit, ("words", "labels"))
        self.unit = unit
        self.temperature = check_number("temperature", temperature, positive=True)
        self.separator = separator

    def __call__(self, batch: ObjectiveInput) -> ObjectiveOutput:
        """Mean over the batch. Statistics: the mean number of errors of the texts, not weighted by posteriors."""
        if batch.hypotheses is None or batch.hypothesis_lengths is None:
            raise UsageError("hypotheses: mwer needs texts and their lengths, got None; see `ctcalign.ctc.nbest`")
        texts, lengths = batch.hypotheses, batch.hypothesis_lengths
        errors = text_errors(
            texts, lengths, batch.targets, batch.target_lengths, batch.vocabulary, self.unit, self.separator
        )
        loss = mwer_loss(
            batch.log_probs,
            texts,
            lengths,
            errors,
            batch.input_lengths,
            blank=batch.blank,
            temperature=self.temperature,
        )
        mean = errors.sum() / (lengths >= 0).sum().clamp(min=1)
        return ObjectiveOutput(loss, {"mean_errors": mean})


def contexts_of(batch: ObjectiveInput) -> list[PropertyContext]:
    """Context of each utterance for properties."""
    _, tokens = _checked(batch)
    labels = batch.targets.tolist()
    rng = np.random.default_rng(0)  # a placeholder: `improve` replaces it, and creating one per utterance is slow
    return [
        PropertyContext(row[:count], batch.vocabulary, batch.blank, rng)
        for row, count in zip(labels, tokens.tolist(), strict=True)
    ]


def _tensors(batch: ObjectiveInput) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return batch.log_probs, batch.targets, batch.input_lengths, batch.target_lengths


def _checked(batch: ObjectiveInput) -> tuple[Tensor, Tensor]:
    """Lengths (B,) of frames and labels."""
    lengths = check_utterances(*_tensors(batch), batch.blank)
    classes = batch.log_probs.shape[2]
    if batch.vocabulary and len(batch.vocabulary) != classes:
        raise BatchError(f"vocabulary: expected {classes} symbols, one per class, got {len(batch.vocabulary)}")
    return lengths


def _too_short(targets: Tensor, frames: Tensor, tokens: Tensor) -> Tensor:
    """Utterances whose labels, plus the blanks between equal labels, need more frames than there are, (B,) bool."""
    inside = valid_frames(tokens, targets.shape[1])
    repeats = ((targets[:, 1:] == targets[:, :-1]) & inside[:, 1:]).sum(1)
    return (tokens + repeats).to(frames.device) > frames


def _name_of(config: Any, place: int) -> str:
    """Name of a property in statistics."""
    if isinstance(config, Mapping):
        config = config.get("name")
    return config if isinstance(config, str) else getattr(config, "__name__", f"term{place}")
