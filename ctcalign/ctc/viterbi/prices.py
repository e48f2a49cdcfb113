"""Compiled: the costs of the arcs along a path, those through nodes without a frame among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctcalign.ctc.jit import jit

EPSILON = -(2**31)  # as in `graph`; cached kernels may only read globals of their own file

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@jit
def arc_prices(
    labels: I64, arc_start: I64, arc_source: I64, arc_cost: F64, final: I64, final_cost: F64, nodes: I64
) -> F64:
    """Lowest cost of the arcs to each node of a path, and to its end; inf where there is no way.

    Args:
        labels, arc_start, arc_source, arc_cost, final, final_cost: see `TokenGraph`.
        nodes: the nodes with a frame, in order. (V,)
    Returns:
        (V + 1,), in nats.
    """
    n = labels.size
    found = np.full(nodes.size + 1, np.inf)
    price = np.full(n + 1, np.inf)  # of the way to each node from the one before; entry 0 is the start
    before = -1
    for place in range(nodes.size + 1):
        price[before + 1] = 0.0
        target = nodes[place] if place < nodes.size else n
        for j in range(before + 1, min(target + 1, n)):
            price[j + 1] = np.inf
            if j != target and labels[j] != EPSILON:
                continue
            for a in range(arc_start[j], arc_start[j + 1]):
                if arc_source[a] >= before:
                    price[j + 1] = min(price[j + 1], price[arc_source[a] + 1] + arc_cost[a])
        if place < nodes.size:
            found[place] = price[target + 1]
            before = target
    for f in range(final.size):
        if final[f] >= before:
            found[nodes.size] = min(found[nodes.size], price[final[f] + 1] + final_cost[f])
    return found
