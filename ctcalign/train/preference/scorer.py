"""Input tensors of a preference loss, computed from models and the responses to utterances or prompts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.preference import TokenScores
from ctcalign.train.preference.sides import (
    Labels,
    Preference,
    Side,
    Values,
    differing,
    mismatched_side,
    pair_sides,
    rows_of,
)
from ctcalign.train.preference.term import SIDES, PreferenceTerm, named
from ctcalign.train.processes import padded

Source = TypeVar("Source")
"""A model on the batch: its emissions of the utterances, or a language model itself."""
Texts = TypeVar("Texts")
"""The responses of a side as tensors."""


@dataclass(frozen=True)
class Models(Generic[Source]):
    """The frozen models in addition to the model in training; None if the loss needs none.

    Attributes:
        reference: the reference model.  better, worse: the two conditions whose contrast weights tokens.
        aligned: strong models for PoFT.
    """

    reference: Source | None = None
    better: Source | None = None
    worse: Source | None = None
    aligned: Sequence[Source] = ()


class Scorer(ABC, Generic[Source, Texts]):
    """Computes the input tensors of a loss.

    Args:
        term: the loss.
        scored: "all" tokens or the "differing" range, see `PairsConfig`.
        edits: weight tokens by the edit alignment with the chosen response.
    Attributes:
        inputs: tensors that the loss needs of the responses of each side.  needed: of any side.
    Raises:
        UsageError: the options do not go together.
    """

    def __init__(self, term: PreferenceTerm, scored: str = "all", edits: bool = False) -> None:
        self.term, self.scored, self.edits = term, scored, edits
        self.inputs = {side: term.inputs(side) for side in SIDES}
        self.needed: set[str] = set().union(*self.inputs.values())
        if scored == "differing" and term.kind != "pairs":
            raise UsageError(f"scored: differing is for losses of pairs, which {term.loss.name} is not")

    def __call__(
        self, preferences: Sequence[Preference], policy: Source, models: Models[Source], batch: Any
    ) -> dict[str, Tensor]:
        """Tensors by the argument names of the loss; empty if it can use none of the preferences.

        Args:
            preferences: responses to the utterances or prompts of the batch.
            policy: the model in training.  models: the frozen ones.
            batch: what `texts_of` needs.
        """
        if self.term.kind == "pairs":
            return self._pairs(*pair_sides(preferences, self.term.together), policy, models, batch)
        single = self.term.kind == "single"
        side = rows_of(preferences, single)
        if not len(side):
            return {}
        found = self._tensors(side, policy, models, batch)
        device = found["log_probs"].device
        if not single:
            found["desirable"] = torch.tensor(side.desirable, device=device)
        known = [one for one in side.probabilities if one is not None]
        if self.term.may_take("desirable_probability") and len(known) == len(side):
            found["desirable_probability"] = torch.tensor(known, device=device)
        return found

    def mismatched(
        self,
        pairs: Sequence[tuple[int, Labels]],
        policy: Source,
        models: Models[Source],
        batch: Any,
        device: torch.device,
    ) -> dict[str, Tensor]:
        """Tensors of utterances or prompts with responses to others, for KTO; with zero rows if there are none."""
        needed = self.inputs["mismatched"]
        if not needed:
            return {}
        if not pairs:
            empty = torch.zeros((0, 1), device=device)
            return named("mismatched", {name: empty.bool() if name == "mask" else empty for name in needed})
        with torch.no_grad():
            return named("mismatched", self._tensors(mismatched_side(pairs), policy, models, batch))

    @abstractmethod
    def texts_of(self, side: Side, batch: Any) -> Texts:
        """The responses of a side as tensors."""

    @abstractmethod
    def scores(
        self, source: Source, texts: Texts, reference: Source | None = None, collision: bool = False
    ) -> TokenScores:
        """Scores (N, L) of responses under a model.

        Args:
            reference: for `kl`.  collision: whether to compute `log_collision`.
        """

    @abstractmethod
    def contrast(self, names: set[str], better: Source, worse: Source, texts: Texts) -> dict[str, Tensor]:
        """The tensors "scores" and "token_rewards", those of them in `names`, (N, L)."""

    @abstractmethod
    def lengths(self, texts: Texts, always: bool = False) -> Tensor | None:
        """Divisors of averages, (N,). None if they are the counts of scored tokens, except with `always`."""

    @abstractmethod
    def end(self, batch: Any) -> int:
        """The label of the end of a response."""

    def _pairs(
        self, chosen: Side, rejected: Side, policy: Source, models: Models[Source], batch: Any
    ) -> dict[str, Tensor]:
        if not len(chosen):
            return {}
        good, bad = (self._tensors(side, policy, models, batch) for side in (chosen, rejected))
        if self.scored == "differing":
            width = max(good["mask"].shape[1], bad["mask"].shape[1])
            kept = differing(chosen, rejected, self.end(batch), width)
            for tensors, range_ in zip((good, bad), kept, strict=True):
                tensors["mask"] = self.narrowed(tensors["mask"], range_)
        if self.term.together:
            bad = {name: value.reshape(len(chosen), -1, *value.shape[1:]) for name, value in bad.items()}
        return named("chosen", good) | named("rejected", bad)

    def narrowed(self, mask: Tensor, kept: Tensor) -> Tensor:
        """The mask (N, L) without the scored tokens that `kept` (N, W) excludes, indexed by scored token."""
        number = (mask.long().cumsum(1) - 1).clamp(min=0)
        return mask & kept.to(mask.device).gather(1, number)

    def _tensors(self, side: Side, policy: Source, models: Models[Source], batch: Any) -> dict[str, Tensor]:
        """Tensors of one side by name."""
        needed = self.inputs[side.name]
        side = side.with_edit_scores() if self.edits else side
        texts = self.texts_of(side, batch)
        scores = self.scores(policy, texts, models.reference if "kl" in needed else None, "log_collision" in needed)
        found = {"log_probs": scores.log_probs, "mask": scores.mask}
        more = {"kl": scores.kl, "log_collision": scores.log_collision}
        found |= {name: value for name, value in more.items() if value is not None}
        for name in sorted({"reference_log_probs", "scores", "token_rewards"} & needed):
            if all(name in one for one in side.values):
                found[name] = self.stored(name, side.values, scores.mask)
        with torch.no_grad():
            if "reference_log_probs" in needed - set(found):
                if models.reference is None:
                    raise UsageError(
                        "reference: a response has no stored scores of a reference model; give the model itself"
                    )
                found["reference_log_probs"] = self.scores(models.reference, texts).log_probs
            left = {"scores", "token_rewards"} & needed - set(found)
            if left and models.better is not None and models.worse is not None:
                found |= self.contrast(left, models.better, models.worse, texts)
            if "aligned_scores" in needed:
                found["aligned_scores"] = self._aligned(side.values, models, texts, scores.mask.device)
        lengths = self.lengths(texts)
        if lengths is not None and self.term.may_take(f"{side.name}_lengths" if side.name else "lengths"):
            found["lengths"] = lengths
        return found

    def stored(self, name: str, values: Sequence[Values], mask: Tensor) -> Tensor:
        """Stored numbers of the responses at the positions of their scored tokens, (N, L).

        Raises:
            CtcAlignError: their number differs from that of the tokens.
        """
        rows = [one[name] for one in values]
        for row, scored in zip(rows, mask.sum(-1).tolist(), strict=True):
            if len(row) != scored:
                raise CtcAlignError(
                    f"pairs: a response has {len(row)} stored {name} but {scored} tokens (the end counts); make the "
                    "file with the symbols of this model"
                )
        found = torch.zeros(mask.shape, device=mask.device)
        found[mask] = torch.tensor([one for row in rows for one in row], device=mask.device)
        return found

    def _aligned(self, values: Sequence[Values], models: Models[Source], texts: Texts, device: torch.device) -> Tensor:
        """Mean log-prob per token under each of M strong models, (N, M)."""
        if all("aligned_scores" in one for one in values):
            return padded([one["aligned_scores"] for one in values], 0.0, torch.float32).to(device)
        found = []
        for model in models.aligned:
            one = self.scores(model, texts)
            lengths = self.lengths(texts, always=True)
            divisor = one.mask.sum(-1) if lengths is None else lengths
            found.append(one.log_probs.masked_fill(~one.mask, 0.0).sum(-1) / divisor.clamp(min=1))
        return torch.stack(found, -1)
