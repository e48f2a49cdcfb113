"""Compiled prefix beam search that stops where it needs the score of a word."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.ctc.jit import jit
from ctcalign.ctc.prefixes.kernels import log_add, smallest

Array = npt.NDArray[Any]

# Columns of the trie of prefixes, a row for each. FIRST, FOLLOWING: its first child, and the next child of its parent.
# PLACE: its index in the beam, -1 outside. STATE: the history of its open word. CLOSED: the history after that word,
# valid where its score is known. LENGTH: labels of the open word. KNOWN: the open word in the lexicon, -1 if no word
# begins so.
PARENT, LABEL, FIRST, FOLLOWING, PLACE, STATE, CLOSED, LENGTH, KNOWN = range(9)
COLUMNS = 9
# Columns of the scores of prefixes. WORDS: of its finished words. OPEN: of its open word, NaN if not known.
WORDS, OPEN = 0, 1


@jit
def _child(node: int, label: int, trie: Array) -> int:
    """The node of a prefix and one more label, -1 when the trie has none."""
    found: int = trie[node, FIRST]
    while found >= 0 and trie[found, LABEL] != label:
        found = trie[found, FOLLOWING]
    return found


@jit
def _longer(node: int, label: int, children: Array, units: Array, starts: Array, spelling: Array) -> int:
    """The node of the lexicon after the units of one more label, -1 if there is none; a negative unit ends a word."""
    for place in range(starts[label], starts[label + 1]):
        unit = spelling[place]
        if unit < 0:
            node = 0
        elif node >= 0:
            low, high = children[node], children[node + 1]
            while low < high:
                middle = (low + high) // 2
                if units[middle] < unit:
                    low = middle + 1
                else:
                    high = middle
            node = low if low < children[node + 1] and units[low] == unit else -1
    return node


@jit
def _wanted(ranks: Array, known: Array, source: Array, beam: int, wanted: Array) -> int:
    """Write the prefixes whose open word needs a score, since an extension may be among the best; return their number.

    Args:
        ranks: of the candidates; upper bounds where not known.
    """
    sure = ranks[known]
    limit = -np.inf if sure.size < beam else -np.partition(-sure, beam - 1)[beam - 1]
    count = 0
    for k in range(ranks.size):
        # The candidates of one prefix are neighbours.
        if not known[k] and ranks[k] >= limit and (count == 0 or wanted[count - 1] != source[k]):
            wanted[count] = source[k]
            count += 1
    return count


@jit
def advance(
    frame: int,
    kept: int,
    used: int,
    log_probs: Array,
    beam: int,
    blank: int,
    least: float,
    ends: Array,
    begins: Array,
    most: float,
    children: Array,
    units: Array,
    starts: Array,
    spelling: Array,
    promise: Array,
    trie: Array,
    scores: Array,
    nodes: Array,
    in_blank: Array,
    in_token: Array,
    wanted: Array,
) -> tuple[int, int, int, int]:
    """Search from a frame on, to the end or to the first frame in which a score is missing.

    Args:
        frame: the next frame.  kept: prefixes in the beam.  used: rows of `trie` that are used.
        ends, begins: labels that end a word, and of these the ones that begin the next, (C,) bool.
        most: upper bound of the score of a word.
        children, units: of the lexicon.  starts, spelling: the units of label l are spelling[starts[l]:starts[l + 1]].
        promise: added in comparisons for an open word, by node of the lexicon; the last one where no word begins so.
        trie, scores, nodes, in_blank, in_token: prefixes and beam, changed in place.
        wanted: filled with the prefixes whose open word needs a score.
    Returns:
        frame, kept and used, and the number of wanted scores; -1 if `trie` is too small for the next frame.
    """
    frames, classes = log_probs.shape
    likely = np.empty(classes, np.int64)
    while frame < frames:
        if used + beam > len(trie):
            return frame, kept, used, -1
        row = log_probs[frame]
        count = 0
        for label in range(classes):
            if label != blank and row[label] > least:
                likely[count] = label
                count += 1
        room = kept * (1 + count)
        new_blank = np.full(room, -np.inf)
        new_token = np.full(room, -np.inf)
        source = np.empty(room, np.int64)
        token = np.full(room, -1, np.int64)  # -1: the prefix itself, else the label that extends it
        for k in range(kept):
            node = nodes[k]
            source[k] = node
            new_blank[k] = log_add(in_blank[k], in_token[k]) + row[blank]
            if node > 0:
                new_token[k] = in_token[k] + row[trie[node, LABEL]]
        size = kept
        for k in range(kept):
            node = nodes[k]
            whole = log_add(in_blank[k], in_token[k])
            for j in range(count):
                label = likely[j]
                mass = (in_blank[k] if node > 0 and label == trie[node, LABEL] else whole) + row[label]
                if mass == -np.inf:
                    continue
                child = _child(node, label, trie)
                if child >= 0 and trie[child, PLACE] >= 0:
                    place = trie[child, PLACE]
                    new_token[place] = log_add(new_token[place], mass)
                else:
                    source[size], token[size], new_token[size] = node, label, mass
                    size += 1
        ranks = np.empty(size)
        known = np.ones(size, np.bool_)
        begun = np.empty(size, np.int64)
        missing = False
        for k in range(size):
            node = source[k]
            ranks[k] = log_add(new_blank[k], new_token[k]) + scores[node, WORDS]
            label = token[k]
            begun[k] = trie[node, KNOWN]
            if label >= 0:
                begun[k] = _longer(0 if ends[label] else begun[k], label, children, units, starts, spelling)
            ranks[k] += promise[begun[k]]
            if label >= 0 and ends[label]:
                if np.isnan(scores[node, OPEN]):
                    if ranks[k] > -np.inf:  # -inf + inf is NaN
                        ranks[k] += most
                    known[k] = False
                    missing = True
                else:
                    ranks[k] += scores[node, OPEN]
        if missing:
            needed = _wanted(ranks, known, source, beam, wanted)
            if needed:
                return frame, kept, used, needed
            # Candidates that are still not known are below the `beam` best.
        order = smallest(-ranks, beam)
        for k in range(kept):
            trie[nodes[k], PLACE] = -1
        kept = len(order)
        for k in range(kept):
            chosen = order[k]
            node, label = source[chosen], token[chosen]
            if label >= 0:
                child = _child(node, label, trie)
                if child < 0:
                    child = used
                    used += 1
                    trie[child, PARENT], trie[child, LABEL] = node, label
                    trie[child, FIRST] = -1
                    trie[child, KNOWN] = begun[chosen]
                    trie[child, FOLLOWING], trie[node, FIRST] = trie[node, FIRST], child
                    scores[child, WORDS], scores[child, OPEN] = scores[node, WORDS], np.nan
                    trie[child, STATE], trie[child, LENGTH] = trie[node, STATE], trie[node, LENGTH] + 1
                    if ends[label]:
                        scores[child, WORDS] += scores[node, OPEN]
                        trie[child, STATE] = trie[node, CLOSED]
                        trie[child, LENGTH] = 1 if begins[label] else 0
                        if not begins[label]:
                            scores[child, OPEN] = 0.0
                            trie[child, CLOSED] = trie[child, STATE]
                node = child
            nodes[k], in_blank[k], in_token[k] = node, new_blank[chosen], new_token[chosen]
            trie[node, PLACE] = k
        frame += 1
    return frame, kept, used, 0


@jit
def last_labels(trie: Array, node: int, count: int) -> Array:
    """So many last labels of a prefix."""
    found = np.empty(count, np.int64)
    for place in range(count - 1, -1, -1):
        found[place] = trie[node, LABEL]
        node = trie[node, PARENT]
    return found


@jit
def depth(trie: Array, node: int) -> int:
    """The number of labels of a prefix."""
    count = 0
    while node > 0:
        count += 1
        node = trie[node, PARENT]
    return count
