"""Compiled kernels over label arrays: words of a text, word alignment, and repairs of a path.

A text is an array of labels (units). A word is a range of units, found with tables of the vocabulary: which labels
separate words, which begin a word, and the characters of a label, codes[offsets[label]:offsets[label + 1]]. Two words
are equal if they have the same characters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ctcalign.ctc.jit import jit

# Cost of one edit in an alignment. It is far above the costs that break ties between alignments with equal edits.
EDIT = 1 << 32


@jit
def _words(units: Any, separates: Any, begins: Any, offsets: Any) -> Any:
    """First unit and end of each word that has characters, (words, 2)."""
    found = np.empty((len(units), 2), np.int64)
    words = 0
    inside = False
    for i in range(len(units)):
        label = units[i]
        if separates[label]:
            inside = False
            continue
        if not inside or begins[label]:
            if words and found[words - 1, 1] < 0:  # the last word has no characters
                words -= 1
            found[words, 0], found[words, 1] = i, -1
            words += 1
            inside = True
        if found[words - 1, 1] >= 0 or offsets[label + 1] > offsets[label]:
            found[words - 1, 1] = i + 1
    if words and found[words - 1, 1] < 0:
        words -= 1
    return found[:words]


@jit
def _keys(units: Any, words: Any, codes: Any, offsets: Any) -> Any:
    """A hash of each word; equal words have equal hashes."""
    keys = np.zeros(len(words), np.int64)
    for w in range(len(words)):
        for i in range(words[w, 0], words[w, 1]):
            for p in range(offsets[units[i]], offsets[units[i] + 1]):
                keys[w] = keys[w] * 1_000_003 + codes[p] + 1  # wraps around
    return keys


@jit
def _equal(a: Any, a_words: Any, w: int, b: Any, b_words: Any, v: int, codes: Any, offsets: Any) -> bool:
    """Whether word w of a and word v of b have the same characters."""
    i, a_end, j, b_end = a_words[w, 0], a_words[w, 1], b_words[v, 0], b_words[v, 1]
    p = offsets[a[i]]
    q = offsets[b[j]]
    while True:
        while i < a_end and p == offsets[a[i] + 1]:
            i += 1
            if i < a_end:
                p = offsets[a[i]]
        while j < b_end and q == offsets[b[j] + 1]:
            j += 1
            if j < b_end:
                q = offsets[b[j]]
        if i == a_end or j == b_end:
            return bool(i == a_end and j == b_end)
        if codes[p] != codes[q]:
            return False
        p += 1
        q += 1


@jit
def _unlike(a: Any, a_words: Any, w: int, b: Any, b_words: Any, v: int, most: int) -> int:
    """Number of differing units of two words; most + 1 if it exceeds `most` or the words differ in length."""
    first, other = a_words[w, 0], b_words[v, 0]
    size = a_words[w, 1] - first
    if size != b_words[v, 1] - other:
        return most + 1
    different = 0
    for i in range(size):
        if a[first + i] != b[other + i]:
            different += 1
            if different > most:
                break
    return different


@jit
def _aligned(costs: Any, gap: int, gaps_first: bool) -> Any:
    """The column that each row of `costs` is paired with in a cheapest alignment, -1 for none, (rows,).

    Args:
        costs: cost of each pair, (rows, columns) ints.
        gap: cost of a row or column without a partner.
        gaps_first: of several cheapest alignments, return the one found by a traceback from the end that prefers gaps;
            otherwise the one that prefers pairs.
    """
    rows, columns = costs.shape
    moves = np.empty((rows, columns), np.uint8)  # cheapest last moves: pair (1), row alone (2), column alone (4)
    row = np.arange(columns + 1) * gap
    for i in range(rows):
        corner, row[0] = row[0], row[0] + gap
        here = row[0]
        for j in range(columns):
            above = row[j + 1]
            diagonal, up, left = corner + costs[i, j], above + gap, here + gap
            here = min(diagonal, up, left)
            moves[i, j] = (diagonal == here) + 2 * (up == here) + 4 * (left == here)
            row[j + 1] = here
            corner = above
    partners = np.full(rows, -1, np.int64)
    i, j = rows - 1, columns - 1
    while i >= 0 and j >= 0:
        move = moves[i, j]
        if move == 1 or (move & 1 and not gaps_first):
            partners[i] = j
            i -= 1
            j -= 1
        elif move & 2:
            i -= 1
        else:
            j -= 1
    return partners


@jit
def _partners(a: Any, a_words: Any, b: Any, b_words: Any, codes: Any, offsets: Any, most: int, gaps_first: bool) -> Any:
    """The word of b that each word of a is aligned with in an alignment with the fewest errors, -1 for none.

    Of several, the alignment with the most similar words is taken, where the dissimilarity of a pair is at most
    `most` + 1; with gaps_first the one that prefers gaps (see `_aligned`).
    """
    gap = EDIT + most + 1
    a_keys, b_keys = _keys(a, a_words, codes, offsets), _keys(b, b_words, codes, offsets)
    costs = np.empty((len(a_words), len(b_words)), np.int64)
    for i in range(len(a_words)):
        size = a_words[i, 1] - a_words[i, 0]
        for j in range(len(b_words)):
            costs[i, j] = gap
            if a_keys[i] == b_keys[j] and _equal(a, a_words, i, b, b_words, j, codes, offsets):
                costs[i, j] = 0
            elif not gaps_first and b_words[j, 1] - b_words[j, 0] == size:
                costs[i, j] = EDIT + (1 if size == 1 else _unlike(a, a_words, i, b, b_words, j, most))
    return _aligned(costs, gap, gaps_first)


@jit
def _contains_gap(a: Any, b: Any) -> bool:
    """Whether the cheapest alignment of two arrays of equal length that prefers gaps contains one."""
    size = len(a)
    costs = np.empty((size, size), np.int64)
    for i in range(size):
        for j in range(size):
            costs[i, j] = 1 if a[i] != b[j] else 0
    partners = _aligned(costs, 1, True)
    for i in range(size):
        if partners[i] != i:
            return True
    return False


@jit
def _merges(units: Any, frames: Any, i: int, label: int) -> bool:
    """Whether unit i, replaced by `label`, would merge with an equal neighbour without a blank between them."""
    if i and units[i - 1] == label and frames[i - 1, 1] == frames[i, 0]:
        return True
    return bool(i + 1 < len(units) and units[i + 1] == label and frames[i, 1] == frames[i + 1, 0])


@jit
def _write(units: Any, first: int, labels: Any) -> None:
    for i in range(len(labels)):
        units[first + i] = labels[i]


@jit
def _survives_collapse(units: Any, frames: Any, word: Any, labels: Any) -> bool:
    """Whether all units of a word, replaced by `labels`, survive the collapse of repeats."""
    own = units[word[0] : word[1]].copy()
    _write(units, word[0], labels)
    good = True
    for i in range(word[0], word[1]):
        good = good and not _merges(units, frames, i, units[i])
    _write(units, word[0], own)
    return good


@jit
def _units_of_path(path: Any, blank: int) -> Any:
    """Labels of a path without blanks and repeats, (U,), and the first frame and end of each, (U, 2)."""
    units = np.empty(len(path), np.int64)
    frames = np.empty((len(path), 2), np.int64)
    count = 0
    before = blank
    for t in range(len(path)):
        label = path[t]
        if label != blank:
            if label != before:
                units[count], frames[count, 0] = label, t
                count += 1
            frames[count - 1, 1] = t + 1
        before = label
    return units[:count], frames[:count]


@jit
def repair_paths(
    paths: Any,
    lengths: Any,
    references: Any,
    reference_offsets: Any,
    tables: Any,
    blank: int,
    most: int,
    every: bool,
    must_improve: bool,
    gaps_first: bool,
    draws: Any,
) -> None:
    """Replace wrong words of the paths by words of the reference, in place.

    Args:
        paths: (B, N, T) labels.  lengths: valid frames, (B,).
        references, reference_offsets: concatenated labels of all references, and the offset of each, (B + 1,).
        tables: separates, begins, codes, offsets; see `WordUnits`.
        most: largest number of units in which a word may differ from the word it is aligned to; both have the same
            number of units.
        every: repair every such word; otherwise the one at index `draws`, (B, N) ints >= 0, modulo their number.
        must_improve: repair only words whose new labels survive the collapse of repeats.
        gaps_first: of alignments of equal cost, of words and of units within a word, prefer those with gaps; words and
            units aligned to a gap are not repaired.
    """
    separates, begins, codes, offsets = tables
    for b in range(paths.shape[0]):
        reference = references[reference_offsets[b] : reference_offsets[b + 1]]
        reference_words = _words(reference, separates, begins, offsets)
        for n in range(paths.shape[1]):
            path = paths[b, n, : lengths[b]]
            units, frames = _units_of_path(path, blank)
            words = _words(units, separates, begins, offsets)
            partners = _partners(units, words, reference, reference_words, codes, offsets, most, gaps_first)
            chosen = np.empty(len(words), np.int64)
            count = 0
            for w in range(len(words)):
                v = partners[w]
                if v < 0 or _equal(units, words, w, reference, reference_words, v, codes, offsets):
                    continue
                if _unlike(units, words, w, reference, reference_words, v, most) > most:
                    continue
                partner = reference_words[v]
                labels = reference[partner[0] : partner[1]]
                if gaps_first and _contains_gap(units[words[w, 0] : words[w, 1]], labels):
                    continue
                if must_improve and not _survives_collapse(units, frames, words[w], labels):
                    continue
                chosen[count] = w
                count += 1
                if every:  # later words are checked against the repaired path
                    _write(units, words[w, 0], labels)
            if not count:
                continue
            first = 0 if every else draws[b, n] % count
            for c in range(first, count if every else first + 1):
                word, partner = words[chosen[c]], reference_words[partners[chosen[c]]]
                for i in range(word[1] - word[0]):
                    path[frames[word[0] + i, 0] : frames[word[0] + i, 1]] = reference[partner[0] + i]


@jit
def number_words(a: Any, b: Any, tables: Any) -> Any:
    """Words of two texts as numbers, (words of a,) and (words of b,); equal words have equal numbers.

    Args:
        a, b: labels, (U,) and (V,).  tables: separates, begins, codes, offsets; see `WordUnits`.
    """
    separates, begins, codes, offsets = tables
    units = np.concatenate((a, b))
    words = np.concatenate((_words(a, separates, begins, offsets), _words(b, separates, begins, offsets) + len(a)))
    count = len(_words(a, separates, begins, offsets))
    keys = _keys(units, words, codes, offsets)
    numbers = np.empty(len(words), np.int64)
    for w in range(len(words)):
        v = 0
        while v < w and not (keys[v] == keys[w] and _equal(units, words, v, units, words, w, codes, offsets)):
            v += 1
        numbers[w] = v
    return numbers[:count], numbers[count:]
