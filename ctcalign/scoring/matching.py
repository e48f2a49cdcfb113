"""Pairing of the items of an alignment with those of a reference: by index, by order, or by text."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctcalign.errors import CaptionError
from ctcalign.scoring.items import TimedItem
from ctcalign.scoring.options import Matching

Pairs = list[tuple[int, int]]  # (place in the reference, place in the alignment), both rising for order and text

LEAST = 0.34  # similarity below which two texts are different captions
MOST_CELLS = 400_000_000  # of a comparison by text: 20,000 words against 20,000, 0.4 GB
# Weight of nearness in time: decides between equal similarities; its sum is far below any difference of similarity.
_NEARNESS = 1e-7


def match(
    reference: Sequence[TimedItem], alignment: Sequence[TimedItem], how: Matching = "auto"
) -> tuple[Matching, Pairs]:
    """Pair the items of an alignment with those of a reference; each item is in at most one pair.

    Args:
        how: "index": by `index`; "order": first with first, and so on; "text": the most similar texts in rising order,
            of equal ones the nearest in time. "auto": by index if every item of the alignment has its own, else by
            order if both have the same number of items, else by text; not by index or order if most of the texts
            paired so are different.
    Returns:
        The method that was used, and the pairs.
    Raises:
        CaptionError: an index is missing, duplicate or not in the reference; the numbers of items differ ("order"); or
            there are too many items for "text".
    """
    if how == "auto":
        for way in ("index", "order"):
            with contextlib.suppress(CaptionError):
                _, pairs = match(reference, alignment, way)
                if _alike([(reference[i], alignment[k]) for i, k in pairs]):
                    return way, pairs
        how = "text"
    if how == "index":
        fault = _index_fault(reference, alignment)
        if fault:
            raise CaptionError(f"matching by index: {fault}; match by text")
        places = {item.index: i for i, item in enumerate(reference)}
        return how, [(places[item.index], k) for k, item in enumerate(alignment)]
    if how == "order":
        if len(reference) != len(alignment):
            raise CaptionError(
                f"matching by order: the reference has {len(reference)} items and the alignment {len(alignment)}; "
                "match by text"
            )
        return how, [(i, i) for i in range(len(reference))]
    return how, match_texts(reference, alignment)


def _alike(pairs: Sequence[tuple[TimedItem, TimedItem]]) -> bool:
    """Whether at least half of the pairs could be the same caption. Items without text are not counted."""
    compared = [(a, b) for a, b in pairs if any(a.texts) and any(b.texts)]
    return 2 * sum(similarity(a, b) >= LEAST for a, b in compared) >= len(compared)


def similarity(one: TimedItem, other: TimedItem) -> float:
    """How similar the texts of two items are, in [0, 1]: see `_Similarities`."""
    return float(_Similarities([other]).to(one)[0])


def _index_fault(reference: Sequence[TimedItem], alignment: Sequence[TimedItem]) -> str:
    known = {item.index for item in reference} - {None}
    seen: set[int | None] = set()
    for item in alignment:
        if item.index is None:
            return f"the alignment has no index for {item.text[:40]!r}"
        if item.index in seen:
            return f"the alignment has index {item.index} twice"
        if item.index not in known:
            return f"the reference has no index {item.index}"
        seen.add(item.index)
    return "" if known else "the reference has no index"


def match_texts(reference: Sequence[TimedItem], alignment: Sequence[TimedItem]) -> Pairs:
    """The rising pairs with the largest sum of similarities, each at least `LEAST`; of equal sums the nearest in time.

    Time and memory grow with the product of the numbers of items that remain between equal beginnings and ends.
    """
    head, tail = _equal_ends(reference, alignment)
    n, m = len(reference) - head - tail, len(alignment) - head - tail
    if n * m > MOST_CELLS:
        raise CaptionError(
            f"matching by text: {len(reference)} against {len(alignment)} items are too many; "
            "match by index or order, or score one recording at a time"
        )
    middle = _best_chain(reference[head : head + n], alignment[head : head + m])
    return [
        *((i, i) for i in range(head)),
        *((head + i, head + j) for i, j in middle),
        *((head + n + i, head + m + i) for i in range(tail)),
    ]


def _equal_ends(reference: Sequence[TimedItem], alignment: Sequence[TimedItem]) -> tuple[int, int]:
    """How many equal items at the beginning and at the end can be paired without a search.

    This is optimal for the texts. Repeated texts are left to the search, which also uses times.
    """
    both = [*reference, *alignment]
    often: dict[tuple[str, ...], int] = defaultdict(int)
    for item in both:
        for text in item.texts:
            often[text] += 1

    def same(a: TimedItem, b: TimedItem) -> bool:
        return a.texts == b.texts and all(often[text] == 2 for text in a.texts)

    shorter = min(len(reference), len(alignment))
    head = 0
    while head < shorter and same(reference[head], alignment[head]):
        head += 1
    tail = 0
    while tail < shorter - head and same(reference[-1 - tail], alignment[-1 - tail]):
        tail += 1
    return head, tail


def _best_chain(reference: Sequence[TimedItem], alignment: Sequence[TimedItem]) -> Pairs:
    n, m = len(reference), len(alignment)
    if not n or not m:
        return []
    similar = _Similarities(alignment)
    starts = np.array([np.nan if item.start is None else item.start for item in alignment])
    best = np.zeros(m + 1)
    how = np.zeros((n, m), np.uint8)  # 0: neither here; 1: a pair; 2: the item of the reference is unmatched
    for i, item in enumerate(reference):
        likeness = similar.to(item)
        gain = np.where(likeness >= LEAST, likeness + _NEARNESS * _near(item.start, starts), -np.inf)
        pair = best[:-1] + gain
        row = np.maximum(pair, best[1:])
        how[i] = np.where(pair > best[1:], 1, 2)
        # The best sum with the items of the alignment up to each: a running maximum.
        reached = np.maximum.accumulate(row)
        how[i][1:][reached[:-1] >= row[1:]] = 0
        best = np.concatenate(([0.0], reached))
    pairs = []
    i, j = n, m
    while i and j:
        step = how[i - 1, j - 1]
        if step == 1:
            pairs.append((i - 1, j - 1))
        i -= step != 0
        j -= step != 2
    return pairs[::-1]


def _near(start: float | None, starts: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 at the same time, falling to 0 with distance; 0 if one has no time, 1 if both have none."""
    if start is None:
        return np.where(np.isnan(starts), 1.0, 0.0)
    return np.nan_to_num(1.0 / (1.0 + np.abs(starts - start)), nan=0.0)


class _Similarities:
    """Similarity of a text to each of `items`: 1 for the same words, else the number of distinct words in common over
    that of the longer text."""

    def __init__(self, items: Sequence[TimedItem]) -> None:
        same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        holding: dict[str, list[int]] = defaultdict(list)
        rows = [(k, text) for k, item in enumerate(items) for text in item.texts]
        for row, (k, text) in enumerate(rows):
            same[text].append(k)
            for word in set(text):
                holding[word].append(row)
        self._count = len(items)
        self._owner = np.array([k for k, _ in rows])
        self._size = np.array([max(len(set(text)), 1) for _, text in rows])
        self._same = {text: np.array(places) for text, places in same.items()}
        self._holding = {word: np.array(places) for word, places in holding.items()}

    def to(self, item: TimedItem) -> NDArray[np.float64]:
        out = np.zeros(self._count)
        for text in item.texts:
            words = set(text)
            common = np.zeros(len(self._owner))
            for word in words & self._holding.keys():
                common[self._holding[word]] += 1
            np.maximum.at(out, self._owner, common / np.maximum(self._size, len(words)))
        # The same set of words in another order is similar, not the same.
        out = np.minimum(out, 0.99)
        for text in item.texts & self._same.keys():
            out[self._same[text]] = 1.0
        return out
