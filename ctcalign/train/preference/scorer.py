"""The tensors that a preference loss asks for, from models and the responses to utterances or prompts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.preference import TokenScores
from ctcalign.train.preference.choices import Choice, Labels
from ctcalign.train.preference.sides import Side, Values, differing, mismatched_side, pair_sides, rows_of
from ctcalign.train.preference.term import SIDES, PreferenceTerm, named
from ctcalign.train.processes import padded

Source = TypeVar("Source")
"""What a model makes of the batch: the frames that it hears, or the model itself."""
Texts = TypeVar("Texts")
"""The responses of a side as tensors."""


@dataclass(frozen=True)
class Models(Generic[Source]):
    """What stands beside the model in training; None where nobody asked.

    Attributes:
        reference: the reference model.  better, worse: two conditions for weights of tokens.
        aligned: strong models for PoFT.
    """

    reference: Source | None = None
    better: Source | None = None
    worse: Source | None = None
    aligned: Sequence[Source] = ()


class Scorer(ABC, Generic[Source, Texts]):
    """Tensors of responses.

    Args:
        term: the loss.
        scored: "all" tokens or the "differing" range, see `PairsConfig`.
        edits: weigh tokens by edit alignment with the chosen response.
    Attributes:
        wanted: what the loss must be given of the responses of each side.  asked: of any.
    Raises:
        UsageError: the options do not go together.
    """

    def __init__(self, term: PreferenceTerm, scored: str = "all", edits: bool = False) -> None:
        self.term, self.scored, self.edits = term, scored, edits
        self.wanted = {side: term.nouns(side) for side in SIDES}
        self.asked: set[str] = set().union(*self.wanted.values())
        if scored == "differing" and term.kind != "pairs":
            raise UsageError(f"scored: differing is for losses of pairs, which {term.loss.name} is not")

    def __call__(
        self, choices: Sequence[Choice], policy: Source, models: Models[Source], batch: Any
    ) -> dict[str, Tensor]:
        """Tensors by the argument names of the loss; empty when no choice is of use to it.

        Args:
            choices: responses to what is in the batch.
            policy: the model in training.  models: the others.
            batch: whatever `texts_of` needs to know.
        """
        if self.term.kind == "pairs":
            return self._pairs(*pair_sides(choices, self.term.together), policy, models, batch)
        single = self.term.kind == "single"
        side = rows_of(choices, single)
        if not len(side):
            return {}
        found = self._nouns(side, policy, models, batch)
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
        """Tensors of utterances or prompts with responses to others, for KTO; without rows where there are none."""
        wanted = self.wanted["mismatched"]
        if not wanted:
            return {}
        if not pairs:
            empty = torch.zeros((0, 1), device=device)
            return named("mismatched", {noun: empty.bool() if noun == "mask" else empty for noun in wanted})
        with torch.no_grad():
            return named("mismatched", self._nouns(mismatched_side(pairs), policy, models, batch))

    @abstractmethod
    def texts_of(self, side: Side, batch: Any) -> Texts:
        """The responses of a side as tensors."""

    @abstractmethod
    def scores(
        self, source: Source, texts: Texts, reference: Source | None = None, collision: bool = False
    ) -> TokenScores:
        """Scores (N, L) of responses under a model.

        Args:
            reference: for `kl`.  collision: whether `log_collision` is wanted.
        """

    @abstractmethod
    def contrast(self, wanted: set[str], better: Source, worse: Source, texts: Texts) -> dict[str, Tensor]:
        """ "scores" and "token_rewards", as far as wanted, (N, L)."""

    @abstractmethod
    def lengths(self, texts: Texts, always: bool = False) -> Tensor | None:
        """What averages divide by, (N,); None where it is the count of scored tokens and nobody needs it `always`."""

    @abstractmethod
    def end(self, batch: Any) -> int:
        """A label that stands for the end of a response."""

    def _pairs(
        self, chosen: Side, rejected: Side, policy: Source, models: Models[Source], batch: Any
    ) -> dict[str, Tensor]:
        if not len(chosen):
            return {}
        good, bad = (self._nouns(side, policy, models, batch) for side in (chosen, rejected))
        if self.scored == "differing":
            width = max(good["mask"].shape[1], bad["mask"].shape[1])
            kept = differing(chosen, rejected, self.end(batch), width)
            for tensors, its in zip((good, bad), kept, strict=True):
                tensors["mask"] = self.narrowed(tensors["mask"], its)
        if self.term.together:
            bad = {noun: value.reshape(len(chosen), -1, *value.shape[1:]) for noun, value in bad.items()}
        return named("chosen", good) | named("rejected", bad)

    def narrowed(self, mask: Tensor, kept: Tensor) -> Tensor:
        """A mask (N, L) of which only those scored tokens are left that `kept` (N, W) says, by their number."""
        number = (mask.long().cumsum(1) - 1).clamp(min=0)
        return mask & kept.to(mask.device).gather(1, number)

    def _nouns(self, side: Side, policy: Source, models: Models[Source], batch: Any) -> dict[str, Tensor]:
        """Tensors of one side by what they are."""
        wanted = self.wanted[side.name]
        side = side.judged() if self.edits else side
        texts = self.texts_of(side, batch)
        scores = self.scores(policy, texts, models.reference if "kl" in wanted else None, "log_collision" in wanted)
        found = {"log_probs": scores.log_probs, "mask": scores.mask}
        more = {"kl": scores.kl, "log_collision": scores.log_collision}
        found |= {noun: value for noun, value in more.items() if value is not None}
        for noun in sorted({"reference_log_probs", "scores", "token_rewards"} & wanted):
            if all(noun in one for one in side.values):
                found[noun] = self.stored(noun, side.values, scores.mask)
        with torch.no_grad():
            if "reference_log_probs" in wanted - set(found):
                if models.reference is None:
                    raise UsageError("reference: a response has no stored scores of a reference model; give the model")
                found["reference_log_probs"] = self.scores(models.reference, texts).log_probs
            left = {"scores", "token_rewards"} & wanted - set(found)
            if left and models.better is not None and models.worse is not None:
                found |= self.contrast(left, models.better, models.worse, texts)
            if "aligned_scores" in wanted:
                found["aligned_scores"] = self._aligned(side.values, models, texts, scores.mask.device)
        lengths = self.lengths(texts)
        if lengths is not None and self.term.may_take(f"{side.name}_lengths" if side.name else "lengths"):
            found["lengths"] = lengths
        return found

    def stored(self, noun: str, values: Sequence[Values], mask: Tensor) -> Tensor:
        """Numbers that came with the responses, one for each scored token, where the tokens are, (N, L).

        Raises:
            CtcAlignError: there are more or fewer of them than tokens.
        """
        rows = [one[noun] for one in values]
        for row, scored in zip(rows, mask.sum(-1).tolist(), strict=True):
            if len(row) != scored:
                raise CtcAlignError(
                    f"pairs: a response has {len(row)} stored {noun} but {scored} tokens (the end counts); make the "
                    "file with this model's symbols"
                )
        found = torch.zeros(mask.shape, device=mask.device)
        found[mask] = torch.tensor([one for row in rows for one in row], device=mask.device)
        return found

    def _aligned(self, values: Sequence[Values], models: Models[Source], texts: Texts, device: torch.device) -> Tensor:
        """Log-prob a token under each strong model, (N, M)."""
        if all("aligned_scores" in one for one in values):
            return padded([one["aligned_scores"] for one in values], 0.0, torch.float32).to(device)
        found = []
        for model in models.aligned:
            one = self.scores(model, texts)
            lengths = self.lengths(texts, always=True)
            divisor = one.mask.sum(-1) if lengths is None else lengths
            found.append(one.log_probs.masked_fill(~one.mask, 0.0).sum(-1) / divisor.clamp(min=1))
        return torch.stack(found, -1)
