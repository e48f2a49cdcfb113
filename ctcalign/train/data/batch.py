"""A batch of utterances, and the network's output for the utterances that can be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor

from ctcalign.metrics import TimedWord
from ctcalign.train.data.tokenizers import Tokenizer
from ctcalign.train.processes import padded

# Why an utterance is skipped in a step. SPARE: the utterance belongs to another process; this one has none of its own.
UNREADABLE, UNTRANSCRIBED, SPARE = "unreadable", "untranscribed", "spare"
TOO_SHORT, UNSAYABLE = "too_short", "unsayable"
REASONS = (UNREADABLE, UNTRANSCRIBED, UNSAYABLE, TOO_SHORT)


@dataclass
class Batch:
    """Utterances as the data module returns them.

    Attributes:
        features: log-mel energies, (B, T, 80).  lengths: frames, (B,).
        texts: transcripts.  ids: of the cuts.
        words: the words of each utterance with their times, nan if unknown; empty in training.
        reasons: why an utterance is skipped, "" if it is not.
        epoch, index: position of the batch in the training.  last: whether it is the last of its epoch.
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

    def without_nan(self) -> Batch:
        """The batch with utterances whose features are not all finite set to zero and marked as unreadable."""
        bad = ~torch.isfinite(self.features.sum((1, 2)))
        if not bad.any():
            return self
        reasons = self.reasons or [""] * len(self.ids)
        named = [reason or (UNREADABLE if one else "") for reason, one in zip(reasons, bad.tolist(), strict=True)]
        return replace(self, features=self.features.masked_fill(bad[:, None, None], 0.0), reasons=named)


@dataclass(frozen=True)
class Emissions:
    """The network's output for the utterances of a batch that can be trained on, with their targets.

    Attributes:
        log_probs: (B, T, C).  lengths: frames, (B,).
        targets: labels, (B, L), padded with a label that is not the blank.  target_lengths: (B,).
        ids: of the cuts.  symbols: text of each label.  blank: its label.
    """

    log_probs: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    ids: list[str]
    symbols: tuple[str, ...]
    blank: int


def frames_needed(labels: Sequence[int]) -> int:
    """Minimum number of frames of an alignment: one for each label, and a blank between equal neighbours."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))


def select(
    batch: Batch, log_probs: Tensor, lengths: Tensor, tokenizer: Tokenizer
) -> tuple[Emissions | None, dict[str, int]]:
    """Select the utterances that can be trained on.

    Args:
        log_probs: (B, T, C) of the whole batch.  lengths: output frames, (B,).
    Returns:
        Their emissions, None if there are none; and the number of the others by reason.
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
    vocabulary, device = tokenizer.vocabulary, log_probs.device
    filler = next(label for label in range(len(vocabulary)) if label != vocabulary.blank)
    chosen = torch.tensor(kept, device=device)
    emissions = Emissions(
        log_probs if len(kept) == len(batch.ids) else log_probs.index_select(0, chosen),
        lengths.index_select(0, chosen),
        padded(labels, filler, torch.int64, least=0).to(device),
        torch.tensor([len(one) for one in labels], device=device),
        [batch.ids[place] for place in kept],
        vocabulary.symbols,
        vocabulary.blank,
    )
    return emissions, skipped
