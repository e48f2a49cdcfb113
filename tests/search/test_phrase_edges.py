"""Whether a phrase is heard as whole words, with vocabularies of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.emission.emission import Emission
from ctcalign.search.evidence import LEAST_EDGE
from ctcalign.search.phrases import prepared
from ctcalign.search.run import looked_at, spots_of
from ctcalign.text.tokeniser import Tokeniser
from ctcalign.text.vocabulary import Vocabulary

PIECES = Vocabulary(("-", "\u2581ab", "cd", "\u2581ef"), word_pieces=True)
LETTERS = Vocabulary(("-", *"abcdef"))
SEPARATED = Vocabulary(("-", "|", *"abcdef"), separator=1)


def edges(vocabulary, heard, phrase):
    """`heard` are columns, a frame each."""
    log_probs = np.full((len(heard), len(vocabulary)), -9.0, np.float32)
    log_probs[np.arange(len(heard)), heard] = -0.01
    emission = Emission(log_probs, 0.02, 0.0, vocabulary, len(heard) * 0.02)
    ready = prepared([phrase], Tokeniser(vocabulary), "en", 0.02, "test")
    (seen,) = looked_at(ready[0], spots_of(emission, ready)[0], emission)
    assert seen.score == pytest.approx(0.0, abs=1e-6)
    return seen.edges


def test_a_word_piece_that_begins_a_word_ends_the_one_before():
    assert edges(PIECES, [0, 1, 2, 3, 0], "ab") == LEAST_EDGE
    assert edges(PIECES, [0, 1, 2, 3, 0], "abcd") == 0.0
    assert edges(PIECES, [0, 1, 2, 3, 0], "ef") == 0.0  # its own first piece begins a word


def test_without_separators_nothing_is_known_of_edges():
    assert edges(LETTERS, [1, 2, 3, 4], "bc") == 0.0


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([2, 3, 4, 5, 6], 2 * -8.99),  # letters on both sides
        ([2, 1, 3, 4, 5, 1, 6], 0.0 + -8.99),  # one side parted
        ([2, 1, 3, 4, 1, 5, 6], 0.0),
        ([2, *[0] * 10, 3, 4, *[0] * 10, 5], 0.0),  # pauses of 0.2 s
        ([2, *[0] * 9, 3, 4], -8.99),
        ([3, 4], 0.0),  # nothing around
    ],
)
def test_separators_and_pauses_part_words(heard, expected):
    assert edges(SEPARATED, heard, "bc") == pytest.approx(expected, abs=1e-5)
