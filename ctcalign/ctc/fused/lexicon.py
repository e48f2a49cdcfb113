"""The prefixes of known words, as a trie in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Lexicon:
    """All prefixes of a set of words. Node 0 is the empty one.

    Attributes:
        children: the children of node n are nodes children[n] to children[n + 1] - 1, (N + 1,).
        units: last unit of each prefix, ascending among the children of a node, (N,); -1 for node 0.
    """

    children: Array
    units: Array

    @classmethod
    def of(cls, words: Iterable[Sequence[int]]) -> Lexicon:
        """The prefixes of words, each a sequence of units (numbers >= 0)."""
        listed = sorted({tuple(word) for word in words} - {()})
        lengths = np.array([len(word) for word in listed], np.int64)
        flat = np.array([unit for word in listed for unit in word], np.int64)
        place = np.cumsum(lengths) - lengths
        # Level by level: equal prefixes are neighbours, and so are those with the same parent.
        parent = np.zeros(len(listed), np.int64)
        parents, units, size = [np.full(1, -1)], [np.full(1, -1)], 1
        active = np.arange(len(listed))
        depth = 0
        while len(active):
            above, unit = parent[active], flat[place[active] + depth]
            new = np.ones(len(active), bool)
            new[1:] = (above[1:] != above[:-1]) | (unit[1:] != unit[:-1])
            parents.append(above[new])
            units.append(unit[new])
            parent[active] = size + new.cumsum() - 1
            size += int(new.sum())
            depth += 1
            active = active[lengths[active] > depth]
        children = np.searchsorted(np.concatenate(parents), np.arange(size + 1))
        return cls(children, np.concatenate(units))


@dataclass(frozen=True)
class LookAhead:
    """What an open word adds to the score of a prefix where prefixes are compared. It changes no final score.

    Attributes:
        lexicon: prefixes of the known words.
        starts, spelling: the units of label l are spelling[starts[l]:starts[l + 1]], (C + 1,) and (S,); -1 ends a word.
        promises: nats, <= 0, by node of the lexicon, (N + 1,); the last one is for open words that begin no known word.
    """

    lexicon: Lexicon
    starts: Array
    spelling: Array
    promises: Array

    @classmethod
    def of(cls, lexicon: Lexicon, spelled: Sequence[Sequence[int]], promises: Array) -> LookAhead:
        """`spelled`: the units of each label."""
        starts = np.zeros(len(spelled) + 1, np.int64)
        np.cumsum([len(units) for units in spelled], out=starts[1:])
        flat = np.array([unit for units in spelled for unit in units], np.int64)
        return cls(lexicon, starts, flat, np.asarray(promises, np.float64))

    @classmethod
    def none(cls, classes: int) -> LookAhead:
        """Open words add nothing."""
        return cls.of(Lexicon.of(()), [()] * classes, np.zeros(2))
