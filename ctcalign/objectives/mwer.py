"""Minimum word error rate (MWER) training: expected errors over an n-best list, and the errors of its texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_choice, check_log_probs, check_number, check_result, checked_lengths, valid_frames
from ctcalign.ctc import total_score
from ctcalign.edits import edit_distance
from ctcalign.errors import BatchError, ShapeError
from ctcalign.objectives.edit_kernels import number_words
from ctcalign.objectives.word_units import check_labels, flat_references, label_units, word_units

REDUCTIONS = ("mean", "sum", "none")


@checked_arguments
def mwer_loss(
    log_probs: Tensor,
    hypotheses: Tensor,
    hypothesis_lengths: Tensor,
    errors: Tensor,
    input_lengths: Tensor | None = None,
    *,
    blank: int = 0,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Expected errors over distinct texts; the score of a text is the sum over all of its alignments.

    Args:
        log_probs: (B, T, C), natural log, normalised over C.
        hypotheses: labels without blanks, (B, H, U).  hypothesis_lengths: (B, H) counts, -1 for none. Repeated texts
            and texts that need more frames than there are do not count.
        errors: number of errors of each hypothesis, (B, H), >= 0; see `text_errors`.
        input_lengths: (B,) counts; None means all T.
        temperature, reduction: see `expected_errors`.
    Raises:
        ShapeError: shapes do not agree.  BatchError: empty batch, a length or label out of range.
        UsageError: NaN in log_probs, or an invalid option.
    Source: Prabhavalkar et al. 2018, arXiv:1712.01818, without its baseline, which does not change the gradient. k2's
        mwer_loss scores a text by one sampled alignment instead.
    """
    check_log_probs(log_probs)
    batch, frames, _ = log_probs.shape
    if hypotheses.ndim != 3 or hypotheses.shape[0] != batch or hypotheses.is_floating_point():
        raise ShapeError(f"hypotheses: expected ints ({batch}, H, U), got {hypotheses.dtype} {tuple(hypotheses.shape)}")
    if not hypotheses.shape[1]:
        raise BatchError("hypotheses: got none; search for at least one text per utterance")
    for name, tensor in (("hypothesis_lengths", hypothesis_lengths), ("errors", errors)):
        counts = name == "hypothesis_lengths"
        if tensor.shape != hypotheses.shape[:2] or (counts and tensor.is_floating_point()):
            raise ShapeError(f"{name}: expected {tuple(hypotheses.shape[:2])}, got {tuple(tensor.shape)}")
    lengths = checked_lengths("input_lengths", input_lengths, batch, frames, log_probs.device)
    device = log_probs.device
    texts, tokens = hypotheses.to(device).long(), hypothesis_lengths.to(device).long()
    utterance, place = _distinct(texts, tokens).nonzero(as_tuple=True)
    if not len(utterance):
        raise BatchError("hypothesis_lengths: all are -1; search for at least one text per utterance")
    found = total_score(
        log_probs.index_select(0, utterance),
        texts[utterance, place],
        lengths[utterance],
        tokens[utterance, place],
        blank,
    )
    scores = found.new_full(tokens.shape, -torch.inf).index_put((utterance, place), found)
    return expected_errors(scores, errors.to(device), temperature=temperature, reduction=reduction)


@checked_arguments
def expected_errors(scores: Tensor, errors: Tensor, *, temperature: float = 1.0, reduction: str = "mean") -> Tensor:
    """Sum over hypotheses of posterior times errors; posteriors are the softmax of the scores.

    Args:
        scores: log-probability of each hypothesis, nats, (B, H); -inf where there is none.
        errors: (B, H), >= 0.
        temperature: > 0; above 1 the posteriors become more equal.
        reduction: "mean" over the utterances, "sum", or "none": (B,). An utterance without hypotheses counts as 0.
    Raises:
        ShapeError: the shapes differ.  BatchError: NaN.  UsageError: an invalid option.
    """
    check_number("temperature", temperature, positive=True)
    check_choice("reduction", reduction, REDUCTIONS)
    if scores.ndim != 2 or scores.shape != errors.shape or not scores.numel():
        raise ShapeError(
            "scores, errors: expected the same shape (B, H) with B, H > 0, got "
            f"{tuple(scores.shape)}, {tuple(errors.shape)}"
        )
    if torch.isnan(scores).any() or (scores == torch.inf).any() or not bool((errors >= 0).all()):
        raise BatchError("scores, errors: expected log-probabilities and errors >= 0, got NaN, +inf or negative values")
    if scores.dtype in (torch.float16, torch.bfloat16):  # sums in them lose whole nats
        scores = scores.float()
    known = scores > -torch.inf
    # The softmax of a row without hypotheses and its gradient would be NaN: use scores of 0, then posteriors of 0.
    safe = torch.where(known.any(1, keepdim=True), scores, torch.zeros_like(scores))
    # Softmax of the distances to the best: any temperature keeps that at 0, where the scores themselves may overflow.
    distances = safe - safe.detach().amax(1, keepdim=True)
    divisor = max(temperature, torch.finfo(distances.dtype).tiny)  # 0 / 0 would be NaN
    posteriors = torch.where(known, (distances / divisor).softmax(1), torch.zeros_like(safe))
    losses = (posteriors * errors).sum(1)
    check_result("expected errors", losses)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


@checked_arguments
def text_errors(
    hypotheses: Tensor,
    hypothesis_lengths: Tensor,
    targets: Tensor,
    target_lengths: Tensor | None = None,
    vocabulary: Sequence[str] = (),
    unit: str = "words",
    separator: str | None = None,
) -> Tensor:
    """Edit distance of each hypothesis to its transcript: substitutions, deletions and insertions.

    Args:
        hypotheses: labels without blanks, (B, H, U) ints.
        hypothesis_lengths: (B, H) counts; -1 where there is no hypothesis, which has 0 errors.
        targets: labels of the transcripts, (B, L).  target_lengths: (B,) counts; None means all L.
        vocabulary: the symbol of each label; needed for words.
        unit: "words", compared as text, or "labels".
        separator: the symbol between words; None finds it.
    Returns:
        (B, H) int64, on the device of the hypotheses.
    Raises:
        ShapeError: shapes do not agree.  BatchError: a length or label out of range.
        UsageError: word boundaries cannot be derived from the vocabulary.
    """
    check_choice("unit", unit, ("words", "labels"))
    if hypotheses.ndim != 3 or hypotheses.is_floating_point():
        raise ShapeError(f"hypotheses: expected ints (B, H, U), got {hypotheses.dtype} {tuple(hypotheses.shape)}")
    batch, _, longest = hypotheses.shape
    lengths = torch.as_tensor(hypothesis_lengths).cpu()
    if lengths.shape != hypotheses.shape[:2] or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ShapeError(
            f"hypothesis_lengths: expected ints {tuple(hypotheses.shape[:2])}, got {lengths.dtype} "
            f"{tuple(lengths.shape)}"
        )
    if lengths.numel() and (int(lengths.max()) > longest or int(lengths.min()) < -1):
        raise BatchError(f"hypothesis_lengths: expected counts from -1 to {longest}, got {lengths.tolist()}")
    if targets.ndim != 2 or targets.shape[0] != batch or targets.is_floating_point():
        raise ShapeError(f"targets: expected ints ({batch}, L), got {targets.dtype} {tuple(targets.shape)}")
    texts = hypotheses.cpu().long().contiguous().numpy()
    labels = np.where(np.arange(longest) < lengths.numpy()[..., None], texts, 0)
    tokens = checked_lengths("target_lengths", target_lengths, batch, targets.shape[1], torch.device("cpu")).tolist()
    references = [row[:count] for row, count in zip(targets.cpu().long().numpy(), tokens, strict=True)]
    most = max(int(np.max(row, initial=0)) for row in [labels.reshape(-1), *references])
    units = word_units(vocabulary, separator=separator) if unit == "words" else label_units(len(vocabulary) or most + 1)
    check_labels("hypotheses", labels, units.classes)
    flat, offsets = flat_references(references, units.classes)
    tables, found = units.arrays(), np.zeros(texts.shape[:2], np.int64)
    for place, length in np.ndenumerate(lengths.numpy()):
        if length >= 0:
            reference = flat[offsets[place[0]] : offsets[place[0] + 1]]
            found[place] = edit_distance(*number_words(texts[place][:length], reference, tables))
    return torch.from_numpy(found).to(hypotheses.device)


def _distinct(texts: Tensor, lengths: Tensor) -> Tensor:
    """Whether a text of (B, H, U) is the first of its kind, (B, H) bool; false where there is none."""
    inside = valid_frames(lengths.reshape(-1), texts.shape[2]).view(texts.shape)
    plain = texts.masked_fill(~inside, -1)
    equal = (plain[:, :, None] == plain[:, None]).all(-1) & (lengths[:, :, None] == lengths[:, None])
    return ~equal.tril(-1).any(-1) & (lengths >= 0)
