"""Prefix probabilities of every one-label extension of every prefix of one transcript, and their gradient.

The mass of prefix u extended by label v is the sum over frames of e^whole[t, u] * p[t, v]: a matrix product. It is
computed on linear numbers, each prefix divided by its largest score, in blocks of frames. Entries so small that parts
of them may have underflowed are recomputed in log space; so is the label that repeats the last one: it needs a blank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ctcalign.ctc.next_tokens.tensors import Prefixes

BLOCK_NUMBERS = 2**15  # probabilities of a block of frames; the block then fits into the cache


@dataclass(frozen=True)
class Utterance:
    """One utterance of T frames, U - 1 tokens and C classes. All but `rows` in float64 where the device supports it.

    Attributes:
        rows: (T, C) log-probs as given.
        norms: (T,) log-sum of each row; 0 for a row of -inf only.
        labels: (U,) int64, the blank and then the tokens.
        repeats: (U,) bool, whether a token equals the one before.
        scores: (T, U) normalised log-probs of `labels`.
        possible: whether every frame has a finite log-prob.
        tables: each (T + 1, U).
    """

    rows: Tensor
    norms: Tensor
    labels: Tensor
    repeats: Tensor
    scores: Tensor
    possible: bool
    tables: Prefixes

    def blocks(self) -> Iterator[slice]:
        """Blocks of frames, last block first."""
        frames, classes = self.rows.shape
        height = max(16, BLOCK_NUMBERS // classes)
        for start in range(height * ((frames - 1) // height), -1, -height):
            yield slice(start, min(start + height, frames))

    def probabilities(self, part: slice) -> Tensor:
        """Normalised probabilities of a block, (t, C)."""
        return (self.rows[part].to(self.norms) - self.norms[part, None]).exp_()

    def entries(self) -> Tensor:
        """Score of a prefix followed by the next token of the transcript, by frame: (T, U - 1)."""
        before = torch.where(self.repeats[1:], self.tables.in_blank[:-1, :-1], self.tables.whole[:-1, :-1])
        return before + self.scores[:, 1:]

    def repeated(self) -> Tensor:
        """Score of a prefix ending in blank, followed by its last token again, by frame: (T, U - 1)."""
        return self.tables.in_blank[:-1, 1:] + self.scores[:, 1:]

    def relative(self) -> tuple[Tensor, Tensor]:
        """Probability of each prefix before each frame over its maximum, (T, U), and the log of the maximum, (U,)."""
        scores = self.tables.whole[:-1]
        peaks = scores.amax(0)
        finite = peaks.masked_fill(peaks == -math.inf, 0.0)
        return (scores - finite).exp_(), peaks


def row_norms(rows: Tensor, like: Tensor) -> Tensor:
    """Log-sum of each row of (T, C), (T,), in the type of `like`, by blocks."""
    height = max(16, BLOCK_NUMBERS // rows.shape[1])
    parts = [rows[t : t + height].to(like).logsumexp(1) for t in range(0, len(rows), height)]
    return torch.cat(parts) if parts else like.new_zeros(0)


def extension_scores(one: Utterance) -> Tensor:
    """Log of the prefix probability of prefix u and label v, (U, C); at the blank that of prefix u as a whole text."""
    frames, classes = one.rows.shape
    prefixes = len(one.labels)
    if not frames:
        found = one.scores.new_full((prefixes, classes), -math.inf)
    else:
        relative, peaks = one.relative()
        mass = relative.new_zeros(prefixes, classes)
        for part in one.blocks():
            mass.addmm_(relative[part].t(), one.probabilities(part))
        faint = _faint(mass, one, peaks)
        found = mass.log_().add_(peaks[:, None])
        for u, v in _pairs(faint, frames):
            found[u, v] = _pair_scores(one, u, v).logsumexp(0)
        place = torch.arange(1, prefixes, device=found.device)
        found[place, one.labels[1:]] = one.repeated().logsumexp(0)
    found[:, one.labels[0]] = one.tables.whole[-1]
    return found


def extension_weights(
    one: Utterance, weights: Tensor, scores: Tensor, to_whole: Tensor, to_blank: Tensor, spoken: Tensor, into: Tensor
) -> None:
    """The backward pass through `extension_scores`.

    Args:
        weights: (U, C) derivatives with respect to the scores; 0 where a score is -inf. Changed.
        scores: (U, C) result of `extension_scores`.
        to_whole, to_blank: (T + 1, U), derivatives with respect to the tables are added.
        spoken: (T, U), derivatives with respect to the frames' normalised log-probs of `labels` are added.
        into: (T, C), the gradient of `rows` is added, without the parts through `spoken` and the tables.
    """
    frames, prefixes = spoken.shape
    to_whole[-1] += weights[:, one.labels[0]]
    weights[:, one.labels[0]] = 0.0
    if frames:
        place = torch.arange(1, prefixes, device=weights.device)
        again, their_scores = weights[place, one.labels[1:]], scores[place, one.labels[1:]]
        weights[place, one.labels[1:]] = 0.0
        share = _shares(one.repeated(), their_scores).mul_(again)
        to_blank[:-1, 1:] += share
        spoken[:, 1:] += share
        del share
        relative, peaks = one.relative()
        mass = (scores - peaks.masked_fill(peaks == -math.inf, 0.0)[:, None]).exp_()
        faint = _faint(mass, one, peaks) & (weights != 0)
        for u, v in _pairs(faint, frames):
            share = _shares(_pair_scores(one, u, v), scores[u, v]).mul_(weights[u, v])
            to_whole[:-1].index_add_(1, u, share)
            into.index_add_(1, v, share.to(into.dtype))
        ratio = (weights / mass).masked_fill_(faint | (weights == 0), 0.0)
    # Gradient of the norm of each frame: the sum of all weights on this frame and later ones.
    above = (to_whole[-1].sum() + to_blank[-1].sum())[None]
    for part in one.blocks() if frames else ():
        chances = one.probabilities(part)
        to_whole[part] += relative[part] * (chances @ ratio.t())
        total = (to_whole[part] + to_blank[part]).sum(1).flip(0).cumsum(0).flip(0) + above
        above = total[:1]
        into[part] += (
            torch.addmm(-total[:, None].expand_as(chances), relative[part], ratio).mul_(chances).to(into.dtype)
        )


def token_weights(
    one: Utterance, weights: Tensor, scores: Tensor, to_whole: Tensor, to_blank: Tensor, spoken: Tensor, into: Tensor
) -> None:
    """The backward pass through the scores of the prefixes of the transcript only: weights and scores (U,), the first
    U - 1 for prefixes 1 to U - 1, the last for the end. Everything else as in `extension_weights`."""
    to_whole[-1, -1] += weights[-1]
    share = _shares(one.entries(), scores[:-1]).mul_(weights[:-1])
    spoken[:, 1:] += share
    to_blank[:-1, :-1] += share.masked_fill(~one.repeats[1:], 0.0)
    to_whole[:-1, :-1] += share.masked_fill(one.repeats[1:], 0.0)
    total = (to_whole + to_blank).sum(1).flip(0).cumsum(0).flip(0)
    for part in one.blocks() if len(spoken) else ():
        into[part] -= (one.probabilities(part) * total[part, None]).to(into.dtype)


def _faint(mass: Tensor, one: Utterance, peaks: Tensor) -> Tensor:
    """Where products may have underflowed, (U, C): tiny entries although neither prefix nor label is impossible."""
    faint: Tensor = mass < torch.finfo(mass.dtype).tiny ** 0.8
    faint[:, one.labels[0]] = False
    if bool(faint.any()):
        faint &= (peaks > -math.inf)[:, None] & (one.rows.amax(0) > -math.inf)
    return faint


def _pairs(mask: Tensor, frames: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs of prefixes and labels where the mask is set, in groups."""
    if bool(mask.any()):
        for group in torch.split(mask.nonzero(), max(1, BLOCK_NUMBERS // frames)):
            yield group[:, 0], group[:, 1]


def _pair_scores(one: Utterance, prefixes: Tensor, labels: Tensor) -> Tensor:
    """Score of a prefix followed by a label, by frame: (T, K) for K pairs."""
    own = one.rows.index_select(1, labels).to(one.norms) - one.norms[:, None]
    return one.tables.whole[:-1].index_select(1, prefixes) + own


def _shares(scores: Tensor, total: Tensor) -> Tensor:
    """Softmax weight of each frame in a log-sum over frames, (T, K) and (K,), in place of `scores`; 0 for -inf."""
    nothing = total == -math.inf
    return scores.sub_(total.masked_fill(nothing, 0.0)).exp_().masked_fill_(nothing, 0.0)
