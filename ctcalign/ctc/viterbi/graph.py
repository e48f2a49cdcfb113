"""Token graphs: the possible token sequences, as nodes with one token each and arcs between successors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ctcalign.arguments import checked_arguments, label_array
from ctcalign.errors import ShapeError, UsageError

START = -1  # the predecessor of nodes that may come first
WILDCARD = -1  # the label of a node that matches any token except blank
# The label of a node that matches anything, blank too: uncaptioned speech and silence. FILLER - 1, FILLER - 2, ... are
# further kinds with penalties of their own.
FILLER = -2
# The label of a node that takes no frame: a junction of arcs, so that text can be skipped without any time passing.
EPSILON = -(2**31)
MOST_ARCS = 2**15 - 1  # into an EPSILON node: the search keeps two of 2 * MOST_ARCS choices in 16 bits each
_KINDS = {"labels": "iu", "arc_start": "iu", "arc_source": "iu", "arc_cost": "iuf", "final": "iu", "final_cost": "iuf"}


@dataclass(frozen=True)
class TokenGraph:
    """A directed acyclic graph of tokens; its paths from the start to a final node are the token sequences.

    With CTC topology each node keeps its label for one frame or more, and any number of blank frames may follow it; at
    least one must if a node and its successor have the same label (two wildcards count as equal, two fillers do not).
    An EPSILON node takes no frame and adds nothing to the token sequence; two nodes with only EPSILON nodes in between
    are successors, and their labels are compared as such.

    Attributes:
        labels: token of each node, WILDCARD (-1) for any token except blank, FILLER (-2) or less for anything, EPSILON
            for a node without a frame. (N,) int64. Node ids are indices into it, and every arc runs from a smaller id
            to a larger one.
        arc_start: arcs into node j are arc_start[j] : arc_start[j + 1]. (N + 1,) int64.
        arc_source: predecessor of each arc, START (-1) where the node may come first. (A,) int64.
        arc_cost: nats subtracted from the score when the arc is used, finite and >= 0. (A,) float64.
        final: nodes after which the text may end, including START if the empty text is allowed. (F,) int64.
        final_cost: nats subtracted from the score for ending there. (F,) float64.

    An arc from node j - 1 to node j without cost is handled by the vectorised loop of a chain, any other arc by scalar
    code: number the most likely reading consecutively.

    Raises:
        ShapeError, UsageError: the fields do not make such a graph; the message names the field or the node.
    """

    labels: NDArray[np.int64]
    arc_start: NDArray[np.int64]
    arc_source: NDArray[np.int64]
    arc_cost: NDArray[np.float64]
    final: NDArray[np.int64]
    final_cost: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            given = getattr(self, name)
            if not isinstance(given, np.ndarray) or given.ndim != 1 or given.dtype.kind not in kinds:
                of = f"{given.dtype} {given.shape}" if isinstance(given, np.ndarray) else f"a {type(given).__name__}"
                expected = "numbers" if "f" in kinds else "whole numbers"
                raise ShapeError(f"{name} must be a numpy array of {expected} with one axis, got {of}")
        n = self.labels.size
        if self.arc_start.shape != (n + 1,) or (n and self.arc_start[0] != 0) or (np.diff(self.arc_start) < 0).any():
            raise ShapeError(f"arc_start must be {n + 1} ascending offsets from 0, one more than there are nodes")
        if self.arc_source.shape != (self.arc_start[-1],) or self.arc_cost.shape != self.arc_source.shape:
            raise ShapeError(
                f"arc_source and arc_cost must have {self.arc_start[-1]} entries (the last of arc_start), "
                f"got {self.arc_source.shape} and {self.arc_cost.shape}"
            )
        orphans = np.flatnonzero(np.diff(self.arc_start) == 0)
        if orphans.size:
            raise UsageError(
                f"node {orphans[0]} has no predecessor; give START ({START}) to a node that may come first"
            )
        node = np.repeat(np.arange(n), np.diff(self.arc_start))
        wrong = np.flatnonzero((self.arc_source >= node) | (self.arc_source < START))
        if wrong.size:
            a = wrong[0]
            raise UsageError(
                f"node {node[a]} has predecessor {self.arc_source[a]}; expected START (-1) to {node[a] - 1}"
            )
        crowded = np.flatnonzero((self.labels == EPSILON) & (np.diff(self.arc_start) > MOST_ARCS))
        if crowded.size:
            raise UsageError(f"node {crowded[0]} is EPSILON with more than {MOST_ARCS} predecessors; use several nodes")
        if not self.final.size or self.final.shape != self.final_cost.shape:
            raise ShapeError(f"final and final_cost must be equally long and not empty, got {self.final.shape}")
        if self.final.min() < START or self.final.max() >= n:
            raise UsageError(f"final nodes must be START (-1) to {n - 1}, got {self.final.min()} to {self.final.max()}")
        costs = np.concatenate([self.arc_cost, self.final_cost])
        if not (np.isfinite(costs) & (costs >= 0)).all():
            raise UsageError("arc_cost and final_cost must be finite and >= 0 (a bonus cannot be certified)")

    def __len__(self) -> int:
        return int(self.labels.size)


@checked_arguments
def chain(tokens: ArrayLike) -> TokenGraph:
    """The graph of one token sequence, (L,) ints; node j is token j."""
    labels = label_array("tokens", tokens).reshape(-1)
    n = labels.size
    return TokenGraph(
        labels=labels,
        arc_start=np.arange(n + 1),
        arc_source=np.arange(n) - 1,
        arc_cost=np.zeros(n),
        final=np.array([n - 1]),
        final_cost=np.zeros(1),
    )


class GraphBuilder:
    """Builds a TokenGraph node by node.

    The builder tracks the `ends`: the nodes after which the text built so far may end. `sequence`, `alternatives`
    and `optional` continue from them; `add` is the primitive with explicit predecessors.

        >>> builder = GraphBuilder()
        >>> builder.sequence([3, 4])
        >>> builder.optional([1])                      # an optional word separator
        >>> builder.alternatives([[5, 6], [7]])
        >>> builder.build().arc_source.tolist()
        [-1, 0, 1, 2, 1, 3, 2, 1]
    """

    def __init__(self) -> None:
        self._labels: list[int] = []
        self._counts: list[int] = []
        self._sources: list[int] = []
        self._costs: list[float] = []
        self.ends: dict[int, float] = {START: 0.0}  # node -> cost of leaving it

    def __len__(self) -> int:
        return len(self._labels)

    def add(self, label: int, predecessors: Iterable[int], costs: Iterable[float] | None = None) -> int:
        """Add one node and return its id. Predecessors are ids or START; `ends` is not changed."""
        sources = list(predecessors)
        self._labels.append(int(label))
        self._counts.append(len(sources))
        self._sources.extend(sources)
        self._costs.extend([0.0] * len(sources) if costs is None else costs)
        return len(self._labels) - 1

    def sequence(self, labels: Sequence[int]) -> None:
        """Continue with these tokens, one after the other."""
        for label in labels:
            node = self.add(label, self.ends.keys(), self.ends.values())
            self.ends = {node: 0.0}

    def alternatives(self, sequences: Iterable[Sequence[int]], costs: Sequence[float] | None = None) -> None:
        """Continue with one of several token sequences (possibly empty), each at its cost in nats."""
        before, after = self.ends, dict[int, float]()
        for i, labels in enumerate(sequences):
            cost = 0.0 if costs is None else costs[i]
            self.ends = {node: leaving + cost for node, leaving in before.items()}
            self.sequence(labels)
            for node, leaving in self.ends.items():
                after[node] = min(leaving, after.get(node, leaving))
        if not after:
            raise UsageError("alternatives needs at least one token sequence; it may be empty")
        self.ends = after

    def optional(self, labels: Sequence[int], cost: float = 0.0) -> None:
        """Continue with tokens that may be skipped at a cost in nats."""
        self.alternatives([labels, []], [0.0, cost])

    def build(self, final: Iterable[int] | None = None) -> TokenGraph:
        """The finished graph. `final` are the nodes after which the text may end, by default `ends`."""
        ends = self.ends if final is None else dict.fromkeys(final, 0.0)
        return TokenGraph(
            labels=np.array(self._labels, np.int64),
            arc_start=np.concatenate([[0], np.cumsum(self._counts, dtype=np.int64)]).astype(np.int64),
            arc_source=np.array(self._sources, np.int64),
            arc_cost=np.array(self._costs, np.float64),
            final=np.array(list(ends), np.int64),
            final_cost=np.array(list(ends.values()), np.float64),
        )
