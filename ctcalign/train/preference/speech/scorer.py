"""Scores of responses from a recogniser's frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.preference import TokenScores, ctc_lengths, ctc_path_scores, ctc_sequence_scores, ctc_token_scores
from ctcalign.train.data.batch import Heard
from ctcalign.train.preference.scorer import Scorer
from ctcalign.train.preference.sides import Side, Values
from ctcalign.train.preference.speech.contrast import contrast_nouns
from ctcalign.train.preference.term import PreferenceTerm
from ctcalign.train.processes import padded

# What a text has as a whole; all else is of its tokens.
_WHOLE = {"log_probs", "mask", "reference_log_probs", "lengths", "aligned_scores"}


@dataclass(frozen=True)
class CtcTexts:
    """Responses of a side: their utterances, labels (N, L), frames and tokens (N,)."""

    which: Tensor
    labels: Tensor
    lengths: Tensor
    counts: Tensor
    blank: int


class CtcScorer(Scorer[Tensor, CtcTexts]):
    """Tensors of responses to utterances; a model is the frames (B, T, C) that it makes of them.

    Args:
        term, scored, edits: see `Scorer`.
        tokens: what a token is: "prefix": one of the text, given those before it; "sequence": the text as a whole;
            "frames": a frame of a path.
        norm: what averages divide by: "labels", "frames" or "none"; None is what the tokens make it.
        strength: see `ContrastConfig`.
    Raises:
        UsageError: the loss needs what such tokens do not have.
    """

    def __init__(
        self,
        term: PreferenceTerm,
        tokens: str = "prefix",
        norm: str | None = None,
        scored: str = "all",
        edits: bool = False,
        strength: float = 1.0,
    ) -> None:
        super().__init__(term, scored, edits)
        self.tokens, self.strength = tokens, strength
        self.norm = norm or ("labels" if tokens == "sequence" else None)
        if tokens == "sequence" and self.asked - _WHOLE:
            raise UsageError(
                f"tokens: {term.loss.name} needs {', '.join(sorted(self.asked - _WHOLE))} of each token, which a text "
                "as a whole does not have; use prefix"
            )
        if scored == "differing" and tokens != "prefix":
            raise UsageError(f"scored: differing is for tokens prefix, got {tokens}")
        if edits and tokens == "frames":
            raise UsageError("contrast: edits are of texts, not of paths")

    def texts_of(self, side: Side, batch: Heard) -> CtcTexts:
        """Labels, filled with a label that is not the blank (of paths: with any)."""
        device = batch.log_probs.device
        which = torch.tensor(side.places, device=device)
        return CtcTexts(
            which,
            padded(side.texts, 1 if batch.blank == 0 else 0, torch.int64).to(device),
            batch.lengths.index_select(0, which),
            torch.tensor([len(text) for text in side.texts], device=device),
            batch.blank,
        )

    def scores(
        self, source: Tensor, texts: CtcTexts, reference: Tensor | None = None, collision: bool = False
    ) -> TokenScores:
        """Scores (N, L + 1) of texts, (N, 1) of sequences, (N, T) of paths."""
        rows = self._rows(source, texts)
        others = None if reference is None else self._rows(reference, texts)
        if self.tokens == "frames":
            return ctc_path_scores(
                rows, texts.labels, texts.lengths, reference_log_probs=others, log_collision=collision
            )
        arguments = (rows, texts.labels, texts.lengths, texts.counts, texts.blank)
        if self.tokens == "sequence":
            return ctc_sequence_scores(*arguments)
        return ctc_token_scores(*arguments, reference_log_probs=others, log_collision=collision)

    def contrast(self, wanted: set[str], better: Tensor, worse: Tensor, texts: CtcTexts) -> dict[str, Tensor]:
        """See `contrast_nouns`."""
        return contrast_nouns(
            wanted,
            self._rows(better, texts),
            self._rows(worse, texts),
            texts.labels,
            texts.lengths,
            texts.counts,
            texts.blank,
            frames=self.tokens == "frames",
            strength=self.strength,
        )

    def lengths(self, texts: CtcTexts, always: bool = False) -> Tensor | None:
        """By the norm."""
        norm = self.norm or (("frames" if self.tokens == "frames" else "labels") if always else None)
        return None if norm is None else ctc_lengths(norm, texts.lengths, texts.counts)

    def end(self, batch: Heard) -> int:
        """The blank."""
        return batch.blank

    def stored(self, noun: str, values: Sequence[Values], mask: Tensor) -> Tensor:
        """Of a sequence the sum over its tokens."""
        if self.tokens == "sequence":
            values = [{noun: (sum(one[noun]),)} for one in values]
        return super().stored(noun, values, mask)

    def _rows(self, log_probs: Tensor, texts: CtcTexts) -> Tensor:
        """The frames of each response's utterance, (N, T, C)."""
        rows = log_probs.index_select(0, texts.which)
        return rows[:, : texts.labels.shape[1]] if self.tokens == "frames" else rows
