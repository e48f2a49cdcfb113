"""Random paths of k2 lattices: exact samples from k2's deterministic `random_paths`.

`k2.random_paths(fsas, n)` assigns path i the quantile (i + 1/2) / n and decodes it as arithmetic coding does: at each
state it follows the arc whose interval of the posterior contains the quantile, and continues with the relative position
of the quantile in that interval. There is no seed: the same posterior always gives the same paths.

Parallel arcs do not change the distribution over paths, but they change how quantiles are decoded. Two uses:

1. Before the start state 2 n arcs are inserted, all to the old start, in n pairs that weigh 1/n each. Pair i is cut at
   a point a such that the quantile of path i, in the middle of the pair, is at position v within its interval:

       v <= 1/2: a = (1/2 - v) / (1 - v), the quantile is in the second arc;   v > 1/2: a = 1 / (2 v), in the first.

   The lattice after it is then decoded from v. With v independent and uniform on [0, 1) for each path, the n paths are
   n independent exact samples.
2. Every few frames each arc is cut in two at a random point. A quantile has 53 bits and each frame uses up some; once
   they are used up, decoding follows rounding errors, and where posteriors are powers of 1/2 (a uniform emission of 2,
   4, 8, ... labels) the position is exactly 0 and the first arc is used in all later frames. Cuts add new random bits.

Weights are float32 in k2, so probabilities are accurate to about 1e-7.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import k2
import torch
from torch import Tensor

from ctcalign.ctc.sums.sampling import uniform

# A cut is a float32 uniform: it adds 24 bits. The frames between two rows of cuts may use up this many.
BITS_BETWEEN_CUTS = 16
# Keeps the logarithm of a cut finite: the smallest step of a float32 uniform.
LEAST = 2.0**-24


def random_labels(fsas: Any, n: int, generator: torch.Generator | None) -> list[Tensor]:
    """Draw n independent paths of each lattice.

    Args:
        fsas: k2.Fsa, F lattices, none of them empty, in which all paths of a lattice have one length; its arcs carry
            `row`, a number that increases by one with each frame.
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
    """The same lattices with a new start state, n pairs of arcs after it, and some of the other arcs cut in two."""
    arcs, shape = fsas.arcs.values(), fsas.arcs.shape()
    device, total = arcs.device, len(arcs)
    state_ends, arc_ends = shape.row_splits(1), shape.row_splits(2)
    before = arc_ends[state_ends.long()].long()  # arcs before each lattice, (F + 1,)
    lattices = len(before) - 1

    leaving = int((arc_ends[1:] - arc_ends[:-1]).max())
    every = max(1, BITS_BETWEEN_CUTS // max(1, (leaving - 1).bit_length()))
    chosen = ((fsas.row % every == 0) & (fsas.labels >= 0)).nonzero()[:, 0]
    copies = torch.ones(total, dtype=torch.int64, device=device)
    copies[chosen] = 2
    source = torch.repeat_interleave(torch.arange(total, device=device), copies)
    after = torch.cat([copies.new_zeros(1), copies.cumsum(0)])  # new arcs, without the front, before each old one
    lattice = torch.bucketize(source, before[1:], right=True)
    place = torch.arange(len(source), device=device) + 2 * n * (lattice + 1)
    first = place[after[chosen]]
    ends = after[before] + 2 * n * torch.arange(lattices + 1, device=device)

    # The form in which k2 stores a vector of lattices: their number, 0, ends of states and of arcs, arcs.
    head = 2 + 2 * (lattices + 1)
    stored = torch.empty(head + 4 * int(ends[-1]), dtype=torch.int32, device=device)
    stored[0], stored[1] = lattices, 0
    stored[2:head] = torch.cat([state_ends + torch.arange(lattices + 1, device=device), ends])
    made = stored[head:].view(-1, 4)
    scores = made.view(torch.float32)[:, 3]
    made.index_copy_(0, place, arcs.index_select(0, source))
    made[:, :2] += 1
    shares = _log_shares(uniform((len(chosen),), scores, generator).clamp_(LEAST, 1 - LEAST))
    scores[first] += shares[:, 0]
    scores[first + 1] += shares[:, 1]

    places = uniform((lattices, n), torch.empty(0, dtype=torch.float64, device=device), generator)
    points = torch.where(places > 0.5, 0.5 / places.clamp(min=0.5), (0.5 - places) / (1 - places))
    front = ends[:-1, None] + torch.arange(2 * n, device=device)
    made[front] = torch.tensor([0, 1, 0, 0], dtype=torch.int32, device=device)
    scores[front] = _log_shares(points.clamp(LEAST**2, 1 - LEAST**2)).flatten(1).float()
    return k2.Fsa(stored)


def _log_shares(cuts: Tensor) -> Tensor:
    """log c and log (1 - c) of each cut c in (0, 1), in a new last dimension of 2."""
    return torch.stack([cuts.log(), (-cuts).log1p()], -1)
