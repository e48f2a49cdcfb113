"""Words from runs of symbols: times, scores, and why a place is uncertain."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.placing.words import LONGEST_LETTER, LONGEST_PAUSE, LONGEST_WORD, place_runs
from ctcalign.emission.emission import Emission
from tests.aligner.placing.placements import transcript
from tests.aligner.spelled_emissions import SHIFT, VOCABULARY

A, B, C = (VOCABULARY.symbols.index(letter) for letter in "abc")


def emission(frames: int = 500, seed: int = 0) -> Emission:
    logits = np.random.default_rng(seed).normal(size=(frames, len(VOCABULARY)))
    log_probs = (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)
    return Emission(log_probs, SHIFT, 0.0, VOCABULARY, frames * SHIFT)


def test_the_score_is_the_mean_over_the_frames_of_the_symbols():
    made = emission()
    runs = [[(A, 10, 12), (B, 15, 16), (C, 20, 23)]]
    word = place_runs(transcript("abc"), runs, [0], [], made, 0.0).words[0]
    values = [made.log_probs[frame, label] for label, first, stop in runs[0] for frame in range(first, stop)]
    assert word.score == pytest.approx(float(np.mean(np.float64(values))))
    assert [token.text for token in word.tokens] == ["a", "b", "c"]
    assert [(token.start, token.end) for token in word.tokens] == [
        (pytest.approx(first * SHIFT), pytest.approx(stop * SHIFT)) for _, first, stop in runs[0]
    ]
    assert word.start <= 10 * SHIFT
    assert word.end >= 23 * SHIFT
    assert word.reason is None


def test_the_delay_of_the_model_is_subtracted():
    runs = [[(A, 100, 101)]]
    without, with_delay = (place_runs(transcript("a"), runs, [0], [], emission(), delay).words[0] for delay in (0, 0.1))
    assert with_delay.tokens[0].start == pytest.approx(without.tokens[0].start - 0.1)


def test_a_symbol_beyond_a_long_pause_is_left_out_of_the_times():
    far = 20 + round(LONGEST_PAUSE / SHIFT) + 5
    word = place_runs(
        transcript("abc"), [[(A, 10, 11), (B, 18, 20), (C, far, far + 1)]], [0], [], emission(), 0.0
    ).words[0]
    assert word.reason == "found in separate pieces"
    assert word.end < far * SHIFT


def test_a_word_that_takes_too_long_is_marked():
    step = round(0.4 / SHIFT)
    run = [(label, 10 + number * step, 11 + number * step) for number, label in enumerate([A, B, C] * 3)]
    word = place_runs(transcript("abcabcabc"), [run], [0], [], emission(), 0.0).words[0]
    assert (word.reason == "longer than plausible") is (word.end - word.start > LONGEST_WORD + LONGEST_LETTER * 9)
    long = [(A, 10, 100), (B, 100, 110)]
    assert place_runs(transcript("ab"), [long], [0], [], emission(), 0.0).words[0].reason == "longer than plausible"


def test_a_word_without_symbols_is_bridged_by_the_best_labels():
    made = emission()
    placement = place_runs(transcript("二"), [[(-1, 30, 34)]], [0], [], made, 0.0)
    word = placement.words[0]
    assert word.reason == "bridged: the model has no symbols for it"
    assert word.tokens[0].text == "*"
    best = np.delete(np.asarray(made.log_probs[30:34], np.float64), VOCABULARY.blank, axis=1).max(1)
    assert word.score == pytest.approx(best.mean())


def test_words_and_speech_between_them_do_not_overlap():
    placement = place_runs(transcript("a b"), [[(A, 50, 51)], [(B, 62, 63)]], [0, 0], [(55, 58)], emission(), 0.0)
    first, second = placement.words
    ((start, end),) = placement.speech
    assert first.end <= start < end <= second.start
    assert place_runs(transcript("a b"), [[(A, 50, 51)], []], [0, 0], [], emission(), 0.0).words[1] is None
