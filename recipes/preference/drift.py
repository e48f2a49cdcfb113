"""Drift of a recogniser from its baseline, and its margin between transcripts and wrong texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ctcalign import ctc
from ctcalign.models.inference import emissions_of
from ctcalign.preference import ctc_token_scores
from ctcalign.text.vocabulary import Vocabulary
from ctcalign.train.data.cuts import read_samples, text_of_cut


def emission(model: Any, cut: Any) -> Tensor:
    """Log-probs (1, T, C) of a cut."""
    [log_probs] = emissions_of(model, read_samples(cut, model.sample_rate)[None], "cpu")
    return torch.from_numpy(log_probs)[None]


def labels_of(vocabulary: Vocabulary, text: str) -> list[int]:
    """Labels of a text; words with characters outside the vocabulary are omitted."""
    found: list[int] = []
    for word in text.split():
        ids, lost = vocabulary.encode(word)
        if ids and not lost:
            found += [vocabulary.separator] if found and vocabulary.separator is not None else []
            found += ids
    return found


def wrong_text(log_probs: Tensor, labels: Sequence[int], blank: int, beam: int) -> list[int] | None:
    """The likeliest text that is not the transcript."""
    texts = [list(one.tokens) for one in ctc.nbest(log_probs, beam, None, blank, beam)[0]]
    return next((one for one in texts if one != list(labels)), None)


def drift(model: Any, baseline: Any, cuts: Sequence[Any], beam: int) -> dict[str, float]:
    """Sums over the cuts whose transcript fits their frames.

    Returns:
        "kl": KL(baseline || model) of next tokens along the transcripts, exact, in nats, over "tokens".
        "margin": log-prob of the transcript minus that of the baseline's likeliest wrong text, in nats, over "pairs".
        "right": number of pairs with a positive margin.
    """
    sums = dict.fromkeys(("kl", "tokens", "margin", "right", "pairs"), 0.0)
    blank = model.vocabulary.blank
    for cut in cuts:
        ours, theirs = emission(model, cut), emission(baseline, cut)
        labels = labels_of(model.vocabulary, text_of_cut(cut) or "")
        target = torch.tensor([labels])
        if not labels or not bool(ctc.feasible(target, torch.tensor([ours.shape[1]]))[0]):
            continue
        scores = ctc_token_scores(ours, target, blank=blank, reference_log_probs=theirs)
        sums["kl"] += float(scores.kl.sum()) if scores.kl is not None else 0.0
        sums["tokens"] += len(labels) + 1
        wrong = wrong_text(theirs, labels, blank, beam)
        if wrong is not None:
            other = torch.tensor([wrong], dtype=torch.int64).reshape(1, -1)
            margin = float(scores.log_probs.sum() - ctc.total_score(ours, other, blank=blank).sum())
            sums["margin"] += margin
            sums["right"] += margin > 0
            sums["pairs"] += 1
    return sums
