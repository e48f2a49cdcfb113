"""Parts of words, pauses inside them, and reasons, by frames counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.placing.words import LONGEST_PAUSE, _core, place_runs, place_words, runs_of
from ctcalign.ctc import FILLER
from ctcalign.emission.emission import Emission
from tests.aligner.placing.placements import transcript
from tests.aligner.spelled_emissions import SHIFT, VOCABULARY

A, B, C = (VOCABULARY.symbols.index(letter) for letter in "abc")


def emission(frames: int = 500) -> Emission:
    """Every symbol has the log-probability of its frame's number, over 1000 and negative."""
    rows = -np.arange(frames, dtype=np.float32)[:, None] / 1000 - np.arange(len(VOCABULARY), dtype=np.float32)
    return Emission(rows, SHIFT, 0.0, VOCABULARY, frames * SHIFT)


def test_the_largest_group_between_long_pauses_is_the_core():
    pause = round(LONGEST_PAUSE / SHIFT)  # 22.5 frames: 22 are no long pause, 23 are one
    assert pause == 22
    near = [(A, 10, 11), (B, 11 + 22, 34), (C, 35, 36)]
    assert _core(near, SHIFT) == near
    far = [(A, 10, 11), (B, 11 + 23, 35), (C, 36, 37)]
    assert _core(far, SHIFT) == far[1:]
    # Of groups of one size, the first.
    assert _core(far[:2], SHIFT) == far[:1]
    assert _core(far[:1], SHIFT) == far[:1]
    # The pause counts from the end of a symbol.
    assert _core([(A, 10, 30), (B, 40, 41)], SHIFT) == [(A, 10, 30), (B, 40, 41)]


def test_scores_of_symbols_and_words():
    word = place_runs(transcript("ab"), [[(A, 100, 102), (B, 110, 111)]], [0], [], emission(), 0.0).words[0]
    a, b = word.tokens
    assert a.score == pytest.approx(-0.1005 - A)
    assert b.score == pytest.approx(-0.110 - B)
    assert word.score == pytest.approx((2 * (-0.1005 - A) + (-0.110 - B)) / 3)
    assert (word.alternative, word.reason) == (0, None)


def test_a_wildcard_has_the_best_score_but_that_of_blank():
    word = place_runs(transcript("a"), [[(-1, 100, 102)]], [0], [], emission(), 0.0).words[0]
    assert word.tokens[0].text == "*"
    assert word.score == pytest.approx(-0.1005 - 1)  # symbol 1, behind blank


def test_times_do_not_leave_the_recording():
    word = place_runs(transcript("a"), [[(A, 2, 3)]], [0], [], emission(), 0.1).words[0]
    assert (word.tokens[0].start, word.tokens[0].end) == (0.0, 0.0)
    word = place_runs(transcript("a"), [[(A, 499, 500)]], [0], [], emission(), 0.0).words[0]
    assert word.tokens[0].end == word.end == 10.0


@pytest.mark.parametrize(("frames", "reason"), [(74, None), (76, "longer than plausible")])
def test_the_longest_plausible_word_of_two_letters(frames, reason):
    """1.2 s and 0.25 s for each of two symbols: 1.7 s; the word has 0.05 s before its first spike, 0.15 s behind."""
    run = [(A, 100, 100 + frames - 20), (B, 100 + frames - 20, 100 + frames)]
    word = place_runs(transcript("ab"), [run], [0], [], emission(), 0.0).words[0]
    assert word.end - word.start == pytest.approx(frames * SHIFT + 0.2)
    assert word.reason == reason


def test_words_speech_and_skipped_words_keep_their_numbers():
    runs = [[(A, 50, 51)], [], [(B, 90, 91), (C, 92, 93)]]
    made = place_runs(transcript("a b bc"), runs, [0, 0, 1], [(60, 65), (70, 75)], emission(), 0.0)
    first, skipped, last = made.words
    assert skipped is None
    assert (first.alternative, last.alternative) == (0, 1)
    assert [token.text for token in last.tokens] == ["b", "c"]
    assert [(token.start, token.end) for token in last.tokens] == [
        (pytest.approx(1.80), pytest.approx(1.82)),
        (pytest.approx(1.84), pytest.approx(1.86)),
    ]
    (start, end), (then, later) = made.speech
    assert first.start <= 1.0
    assert first.end <= start <= 1.2
    assert 1.3 <= end <= then <= 1.4
    assert 1.5 <= later <= last.start <= 1.8


class Place:
    def __init__(self, word: int, alternative: int) -> None:
        self.word, self.alternative = word, alternative


class Graph:
    class graph:  # noqa: N801
        labels = np.array([A, FILLER, B, C])

    places = (Place(0, 0), None, Place(2, 1), Place(2, 1))


class Path:
    nodes = np.array([0, 1, 2, 3])
    spans = ((101, 102), (103, 124), (125, 127), (128, 129))


def test_runs_of_a_path():
    runs, chosen = runs_of(Path, Graph, 3)
    assert runs == [[(A, 101, 102)], [], [(B, 125, 127), (C, 128, 129)]]
    assert chosen == [0, 0, 1]


def test_words_of_a_path_with_the_speech_in_its_filler():
    rows = np.full((500, len(VOCABULARY)), -9.0, np.float32)
    labels = np.zeros(500, int)
    labels[[101, 110, 115, 120, 125, 126, 128]] = [A, C, B, C, B, B, C]
    rows[np.arange(500), labels] = -0.25
    made = Emission(rows, SHIFT, 0.0, VOCABULARY, 10.0)
    placement = place_words(transcript("a d bc"), Graph, Path, made, 0.04)
    first, skipped, last = placement.words
    assert skipped is None
    assert [token.text for token in first.tokens + last.tokens] == ["a", "b", "c"]
    assert (first.tokens[0].start, last.tokens[-1].end) == (pytest.approx(1.98), pytest.approx(2.54))
    assert (first.score, last.score) == (pytest.approx(-0.25), pytest.approx(-0.25))
    ((start, end),) = placement.speech
    assert first.end <= start <= 2.16
    assert 2.38 <= end <= last.start
