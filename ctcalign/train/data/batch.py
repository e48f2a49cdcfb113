"""A batch of utterances, and which of them can be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor

from ctcalign.metrics import TimedWord
from ctcalign.train.data.tokenizers import Tokenizer

# Why an utterance is left out of a step. SPARE: a process without utterances of its own takes part with another's.
UNREADABLE, UNTRANSCRIBED, SPARE = "unreadable", "untranscribed", "spare"
TOO_SHORT, UNSAYABLE = "too_short", "unsayable"
REASONS = (UNREADABLE, UNTRANSCRIBED, UNSAYABLE, TOO_SHORT)


@dataclass
class Batch:
    """Utterances as the data module gives them.

    Attributes:
        features: log-mel energies, (B, T, 80).  lengths: frames, (B,).
        texts: transcripts.  ids: names of the cuts.
        words: the words with their times where they are known, else without; for validation.
        reasons: why an utterance does not count, "" where it does.
        epoch, index: which batch it is, for going on after a stop.  last: it is the last of its epoch.
    """

    features: Tensor
    lengths: Tensor
    texts: list[str]
    ids: list[str]
    words: list[list[TimedWord]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    epoch: int = 0
    index: int = 0
    last: bool = False

    def to(self, device: torch.device | str) -> Batch:
        """The batch with its tensors on a device."""
        return replace(self, features=self.features.to(device), lengths=self.lengths.to(device))


@dataclass(frozen=True)
class Heard:
    """The utterances of a batch that count, after the network.

    Attributes:
        log_probs: (B, T, C).  lengths: frames, (B,).
        targets: labels, (B, L), padded with a label that is not the blank.  target_lengths: (B,).
        ids: names.  symbols: the text of each label.  blank: its label.
    """

    log_probs: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    ids: list[str]
    symbols: tuple[str, ...]
    blank: int


def frames_needed(labels: Sequence[int]) -> int:
    """Frames that an alignment needs: the labels, and a blank between equal neighbours."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))


def select(
    batch: Batch, log_probs: Tensor, lengths: Tensor, tokenizer: Tokenizer
) -> tuple[Heard | None, dict[str, int]]:
    """Leave out what cannot be trained on.

    Args:
        log_probs: (B, T, C) of the whole batch.  lengths: output frames, (B,).
    Returns:
        The utterances that count, None when there is none; and the number of those that do not, by reason.
    """
    skipped = dict.fromkeys(REASONS, 0)
    kept: list[int] = []
    labels: list[list[int]] = []
    frames = lengths.tolist()
    given = batch.reasons or [""] * len(batch.ids)
    for place, text in enumerate(batch.texts):
        encoded, lost = tokenizer.encode(text)
        reason = given[place] or (UNSAYABLE if lost else "")
        if not reason and (not frames[place] or frames_needed(encoded) > frames[place]):
            reason = TOO_SHORT
        if not reason:
            kept.append(place)
            labels.append(encoded)
        elif reason != SPARE:
            skipped[reason] += 1
    if not kept:
        return None, skipped
    vocabulary = tokenizer.vocabulary
    filler = next(label for label in range(len(vocabulary)) if label != vocabulary.blank)
    targets = torch.full((len(kept), max(map(len, labels))), filler, dtype=torch.int64)
    for row, one in zip(targets, labels, strict=True):
        row[: len(one)] = torch.tensor(one, dtype=torch.int64)
    counts = torch.tensor([len(one) for one in labels])
    device = log_probs.device
    chosen = torch.tensor(kept, device=device)
    whole = len(kept) == len(batch.ids)
    return (
        Heard(
            log_probs if whole else log_probs.index_select(0, chosen),
            lengths.index_select(0, chosen),
            targets.to(device),
            counts.to(device),
            [batch.ids[place] for place in kept],
            vocabulary.symbols,
            vocabulary.blank,
        ),
        skipped,
    )
