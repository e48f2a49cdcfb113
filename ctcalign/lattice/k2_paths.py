"""Random paths of k2 lattices. k2's `random_paths` is not random: this makes it so, exactly.

`k2.random_paths(fsas, n)` gives path i the quantile (i + 1/2) / n and decodes it as arithmetic coding does: at each
state it takes the arc in whose share of the posterior the quantile lies, and goes on with the place of the quantile
within that share. There is no seed, so a posterior that does not move gives the same paths for ever.

Parallel arcs change no distribution over paths, but they change how quantiles are read. Two uses:

1. In front of the start state stand 2 n arcs, all to the old start, in n pairs that weigh 1/n each. Pair i is cut at a
   point a such that the quantile of path i, which lies in the middle of the pair, is at place v within its share:

       v <= 1/2: a = (1/2 - v) / (1 - v), the quantile is in the second arc;   v > 1/2: a = 1 / (2 v), in the first.

   The lattice behind is then decoded from v. With v independent and uniform on [0, 1) for each path, the n paths are n
   independent exact samples.
2. Every other arc is cut in two at a random point. A quantile has 53 bits and each frame uses up some; once they are
   spent, what decodes is rounding, and where posteriors are powers of 1/2 (a uniform emission of 2, 4, 8, ... labels)
   the place is exactly 0 and the first arc is taken in all frames that follow. Random cuts feed new bits in.

The cuts are weights of float32, so shares are right to about 1e-7.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import k2
import torch
from torch import Tensor

from ctcalign.ctc.free_sampling import uniform

# Keeps the logarithm of a cut finite; the smallest step of a float64 uniform is as large.
LEAST = 2.0**-53


def random_labels(fsas: Any, n: int, generator: torch.Generator | None) -> list[Tensor]:
    """Draw n independent paths of each lattice.

    Args:
        fsas: k2.Fsa, F lattices, none of them empty, in which all paths of a lattice have one length.
        n: paths, >= 1.
    Returns:
        For each lattice its label of each frame, (n, T) int32, without k2's closing -1.
    """
    cut = _with_cuts(fsas, n, generator)
    paths = k2.random_paths(cut, use_double_scores=True, num_paths=n)
    labels = cut.labels[paths.values.long()]
    ends = paths.shape.row_splits(2)[::n].tolist()
    return [labels[a:b].reshape(n, -1)[:, 1:-1] for a, b in pairwise(ends)]


def _with_cuts(fsas: Any, n: int, generator: torch.Generator | None) -> Any:
    """The same lattices with a new start state, pairs of arcs in front and all arcs in two."""
    arcs, shape = fsas.arcs.values(), fsas.arcs.shape()
    states = shape.row_splits(1)
    ends = shape.row_splits(2)[states.long()].tolist()  # arcs before each lattice
    like = torch.empty(0, dtype=torch.float64, device=arcs.device)
    places = uniform((len(ends) - 1, n), like, generator)
    cuts = uniform((len(arcs),), like, generator)

    behind = arcs.repeat_interleave(2, 0)
    behind[:, :2] += 1
    scores = fsas.scores.detach().double().repeat_interleave(2) + _log_shares(cuts)
    behind[:, 3] = _bits(scores)
    front = torch.zeros(2 * n, 4, dtype=torch.int32, device=arcs.device)
    front[:, 1] = 1
    pieces = []
    for (first, last), place in zip(pairwise(ends), places, strict=True):
        point = torch.where(place > 0.5, 0.5 / place.clamp(min=0.5), (0.5 - place) / (1 - place))
        front[:, 3] = _bits(_log_shares(point))
        pieces.append(k2.Fsa(torch.cat([front, behind[2 * first : 2 * last]])))
    return k2.create_fsa_vec(pieces)


def _log_shares(cuts: Tensor) -> Tensor:
    """log c and log (1 - c) of each cut c, alternating."""
    cuts = cuts.clamp(LEAST, 1 - LEAST)
    return torch.stack([cuts.log(), (-cuts).log1p()], -1).flatten()


def _bits(scores: Tensor) -> Tensor:
    """Float32 scores as the integers in which k2 keeps them."""
    return scores.float().view(torch.int32)
