"""The arcs of a token graph as the search without back-pointers reads them, so that its loops have no branches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.viterbi.graph import START
from ctcalign.ctc.viterbi.layout import FREE, Arcs, Epsilons

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]


class Entries(NamedTuple):
    """The extra arcs of `Arcs` as the search without back-pointers reads them: by the R nodes that they lead to.

    One arc of each node stands beside the node, the others (`more`), and those whose label must be compared with the
    one before an EPSILON node (`guarded`), follow in lists of their own. `..._at` are places in the arrays of scores.
    """

    node: I64  # (R,) ascending
    stay: F64  # (R,) 0 for a node that is not entered from the node before: it may stay, as in the chain; else -inf
    chained: F64  # (R,) -inf for such a node: what the chain makes of it does not count; else 0
    blank_at: U64
    label_at: U64
    blank_cost: F64
    label_cost: F64
    more: I64  # (M,) which of the R nodes, ascending
    more_blank_at: U64
    more_label_at: U64
    more_blank_cost: F64
    more_label_cost: F64
    guarded: I64  # (G,) which of the R nodes, ascending
    guard: U64  # number of the EPSILON node
    guarded_at: U64  # that node
    guarded_label: I64
    guarded_cost: F64


class Ways(NamedTuple):
    """The arcs of `Epsilons` as the search without back-pointers reads them.

    Beside each of the E nodes stand one arc from a node after which any label may follow and one from a node with a
    label to be compared; further arcs from such nodes are in lists of their own (`more`), and those from EPSILON nodes
    (`inner`). Costs are -inf where there is no such arc.
    """

    free_blank: U64  # (E,) places in the arrays of scores
    free_label: U64
    free_cost: F64
    mute_cost: F64  # the same from the label; -inf from the start
    label_blank: U64
    label: U64
    label_cost: F64
    spoken: I64
    more: I64  # (M,) which of the E nodes, ascending
    more_source: I64
    more_cost: F64
    more_spoken: I64
    start: I64  # (E + 1,) arcs from EPSILON nodes into each
    inner: U64  # the node
    number: U64  # which of the E nodes that is
    inner_cost: F64


def entries_of(arcs: Arcs, epsilons: int) -> Entries:
    """The extra arcs by the node that they lead to; `epsilons` is the number of EPSILON nodes."""
    node, owner = np.unique(np.concatenate([arcs.target, arcs.unchained]), return_inverse=True)
    owner = owner[: arcs.target.size]
    guarded = arcs.guard < epsilons
    plain = np.flatnonzero(~guarded)
    firsts, which = np.unique(owner[plain], return_index=True)
    blank_at, label_at = np.zeros((2, node.size), np.uint64)
    blank_cost, label_cost = np.full((2, node.size), -np.inf)
    picked = plain[which]
    blank_at[firsts], label_at[firsts] = _places(arcs.source[picked])
    blank_cost[firsts], label_cost[firsts] = arcs.blank_cost[picked], arcs.label_cost[picked]
    more = np.delete(plain, which)
    more_blank_at, more_label_at = _places(arcs.source[more])
    kept = np.where(np.isin(node, arcs.unchained), -np.inf, 0.0)
    return Entries(
        node=node,
        stay=np.where(kept == 0, -np.inf, 0.0),
        chained=kept,
        blank_at=blank_at,
        label_at=label_at,
        blank_cost=blank_cost,
        label_cost=label_cost,
        more=owner[more],
        more_blank_at=more_blank_at,
        more_label_at=more_label_at,
        more_blank_cost=arcs.blank_cost[more],
        more_label_cost=arcs.label_cost[more],
        guarded=owner[guarded],
        guard=arcs.guard[guarded].astype(np.uint64),
        guarded_at=arcs.source[guarded].astype(np.uint64),
        guarded_label=arcs.guarded[guarded],
        guarded_cost=arcs.blank_cost[guarded],
    )


def ways_of(eps: Epsilons) -> Ways:
    """The arcs into EPSILON nodes, by what may follow."""
    count = eps.node.size
    into = np.repeat(np.arange(count), np.diff(eps.start))
    inner = eps.number < count
    more = np.ones(into.size, np.bool_)
    more[inner] = False
    slots = []
    for kind in (eps.spoken == FREE, eps.spoken != FREE):
        own = np.flatnonzero(kind & ~inner)
        nodes, which = np.unique(into[own], return_index=True)
        own = own[which]
        more[own] = False
        blank, label = np.zeros((2, count), np.uint64)
        blank_cost, label_cost = np.full((2, count), -np.inf)
        blank[nodes], label[nodes] = _places(eps.source[own])
        blank_cost[nodes] = eps.cost[own]
        label_cost[nodes] = np.where(eps.source[own] == START, -np.inf, eps.cost[own])
        slots.append((blank, label, blank_cost, label_cost))
    spoken = np.full(count, FREE)
    spoken[nodes] = eps.spoken[own]
    (free_blank, free_label, free_cost, mute_cost), (label_blank, label, label_cost, _) = slots
    return Ways(
        free_blank=free_blank,
        free_label=free_label,
        free_cost=free_cost,
        mute_cost=mute_cost,
        label_blank=label_blank,
        label=label,
        label_cost=label_cost,
        spoken=spoken,
        more=into[more],
        more_source=eps.source[more],
        more_cost=eps.cost[more],
        more_spoken=eps.spoken[more],
        start=np.searchsorted(into[inner], np.arange(count + 1)),
        inner=eps.source[inner].astype(np.uint64),
        number=eps.number[inner].astype(np.uint64),
        inner_cost=eps.cost[inner],
    )


def _places(source: I64) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Places of the blank after a node and of its label; for the start, whose label is never taken, any."""
    return (source + 1).astype(np.uint64), np.maximum(source, 0).astype(np.uint64)
