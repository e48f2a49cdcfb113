"""Input tensors of a preference loss from the emissions of recognisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.errors import UsageError
from ctcalign.preference import (
    TokenScores,
    contrast_rewards,
    critical_token_scores,
    ctc_lengths,
    ctc_path_scores,
    ctc_sequence_scores,
    ctc_token_labels,
    ctc_token_scores,
)
from ctcalign.train.data.batch import Emissions
from ctcalign.train.preference.scorer import Scorer
from ctcalign.train.preference.sides import Side, Values
from ctcalign.train.preference.term import PreferenceTerm
from ctcalign.train.processes import padded

# Tensors that a text has as a whole; all others belong to its tokens.
_WHOLE = {"log_probs", "mask", "reference_log_probs", "lengths", "aligned_scores"}


@dataclass(frozen=True)
class CtcTexts:
    """The N responses of a side.

    Attributes:
        which: their utterances in the batch, (N,).  labels: (N, L).  lengths: frames, (N,).  counts: tokens, (N,).
    """

    which: Tensor
    labels: Tensor
    lengths: Tensor
    counts: Tensor
    blank: int


class CtcScorer(Scorer[Tensor, CtcTexts]):
    """Tensors of responses to utterances; a model is given by its log-probs (B, T, C) of the utterances.

    Args:
        term, scored, edits: see `Scorer`.
        tokens: what a token is: "prefix": one of the text, given those before it; "sequence": the text as a whole;
            "frames": a frame of a path.
        norm: divisor of averages: "labels", "frames" or "none"; None: by the kind of tokens.
        strength: see `ContrastConfig`.
    Raises:
        UsageError: the loss needs tensors that such tokens do not have.
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
        if tokens == "sequence" and self.needed - _WHOLE:
            raise UsageError(
                f"tokens: {term.loss.name} needs {', '.join(sorted(self.needed - _WHOLE))} of each token, which a text "
                "as a whole does not have; use tokens: prefix"
            )
        if scored == "differing" and tokens != "prefix":
            raise UsageError(f"scored: differing needs tokens: prefix, got {tokens}")
        if edits and tokens == "frames":
            raise UsageError("contrast: edits need texts, but with tokens: frames responses are paths")

    def texts_of(self, side: Side, batch: Emissions) -> CtcTexts:
        """Labels, padded with a label that is not the blank."""
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
        """Scores (N, L + 1) of texts by token, (N, 1) of texts as a whole, (N, T) of paths."""
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

    def contrast(self, names: set[str], better: Tensor, worse: Tensor, texts: CtcTexts) -> dict[str, Tensor]:
        """See `contrast_tensors`."""
        return contrast_tensors(
            names,
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
        """Divisors of averages by the norm."""
        norm = self.norm or (("frames" if self.tokens == "frames" else "labels") if always else None)
        return None if norm is None else ctc_lengths(norm, texts.lengths, texts.counts)

    def end(self, batch: Emissions) -> int:
        """The blank stands for the end."""
        return batch.blank

    def stored(self, name: str, values: Sequence[Values], mask: Tensor) -> Tensor:
        """Stored numbers; of a text as a whole the sum over its tokens."""
        if self.tokens == "sequence":
            values = [{name: (sum(one[name]),)} for one in values]
        return super().stored(name, values, mask)

    def _rows(self, log_probs: Tensor, texts: CtcTexts) -> Tensor:
        """The emission of each response's utterance, (N, T, C)."""
        rows = log_probs.index_select(0, texts.which)
        return rows[:, : texts.labels.shape[1]] if self.tokens == "frames" else rows


def contrast_tensors(
    names: set[str],
    better: Tensor,
    worse: Tensor,
    labels: Tensor,
    lengths: Tensor,
    counts: Tensor,
    blank: int,
    *,
    frames: bool,
    strength: float,
) -> dict[str, Tensor]:
    """Token weights from the contrast of two conditions: "scores" and "token_rewards", those of them in `names`.

    Args:
        better, worse: log-probs of the two conditions for each response, (N, T, C).
        labels: tokens (N, L), or labels of frames (N, T).
        lengths: frames, (N,).  counts: tokens, (N,).
        frames: whether the tokens are the frames of a path.
        strength: of the contrast of scores.
    Returns:
        (N, L + 1) each; (N, T) for paths. Without gradient.
    """
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        if frames:
            mask = torch.arange(labels.shape[1], device=labels.device)[None] < lengths[:, None]
            if "scores" in names:
                found["scores"] = critical_token_scores(better, worse, labels, mask, strength=strength, shift=False)
            if "token_rewards" in names:
                found["token_rewards"] = contrast_rewards(
                    *(one.gather(-1, labels[..., None])[..., 0] for one in (better, worse))
                )
            return found
        texts = (labels, lengths, counts, blank)
        if "scores" in names:
            good, bad = (ctc.next_token_log_probs(one, *texts) for one in (better, worse))
            places = ctc_token_labels(labels, counts, blank).to(good.device)
            found["scores"] = critical_token_scores(good, bad, places, strength=strength, shift=False)
        if "token_rewards" in names:
            found["token_rewards"] = contrast_rewards(*(ctc.token_log_probs(one, *texts) for one in (better, worse)))
    return found
