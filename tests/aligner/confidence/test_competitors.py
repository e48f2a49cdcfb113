"""Comparison of words with competitors in the same frames."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.confidence.competitors import COMPETITORS, FEW, against_competitors, competitors_of
from ctcalign.aligner.confidence.kernels import WORST
from ctcalign.emission.emission import Emission
from ctcalign.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("-", "|", *"abcdefghij"), separator=1)


def emission_of(labels: list[int]) -> Emission:
    rows = np.full((len(labels), len(VOCABULARY)), -6.0, np.float32)
    rows[np.arange(len(labels)), labels] = -0.05
    return Emission(rows, 0.02, 0.0, VOCABULARY, len(labels) * 0.02)


def test_a_spoken_word_beats_all_competitors_and_another_word_does_not():
    known = competitors_of([(2, 3, 4), (5, 6, 7), (8, 9, 10)])
    emission = emission_of([0, 2, 3, 0, 4, 0])
    (right, wrong) = against_competitors(emission, known, [(2, 3, 4), (5, 6, 7)], [(0, 6), (0, 6)])
    assert right[0] > 5.0
    assert right[2] == 0.0
    assert wrong[0] < -5.0
    assert 0.0 < wrong[2] < 1.0
    assert right[1] > wrong[1]


def test_a_word_without_enough_frames_is_the_worst():
    known = competitors_of([(2, 3, 4), (5, 6, 7)])
    emission = emission_of([2, 3])
    found = against_competitors(emission, known, [(2, 3, 4), (2, 3, 4)], [(0, 2), (1, 1)])
    assert found.tolist() == [[-WORST, -3.0, 1.0]] * 2


def test_a_word_without_competitors_is_the_best():
    known = competitors_of([(2, 2)])
    assert against_competitors(emission_of([2, 0, 2]), known, [(2, 2)], [(0, 3)]).tolist() == [[WORST, 3.0, 0.0]]


def test_competitors_are_other_words_of_nearly_the_same_length():
    words = [tuple([2] * size + [3, a, b]) for size in range(3) for a in range(2, 12) for b in range(2, 12)]
    known = competitors_of(words)
    assert len(known.numbers) == len(words) > FEW
    near = known.of(words[0])
    assert len(near) == COMPETITORS
    assert known.numbers[words[0]] not in near
    lengths = known.begins[near + 1] - known.begins[near]
    assert set(lengths.tolist()) == {len(words[0])}


@pytest.mark.parametrize(("count", "expected"), [(3, 6), (FEW, FEW)])
def test_reversed_words_are_added_where_there_are_few(count, expected):
    words = [(2, 3, 4, 5 + number) for number in range(count)]
    assert len(competitors_of([*words, *words]).numbers) == expected
