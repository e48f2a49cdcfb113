"""Shallow fusion with a model of words: all texts, unknown words, look-ahead, forms of words, and rescoring."""

from __future__ import annotations

import itertools
import json
import math
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign import ctc
from ctcalign.errors import UsageError
from ctcalign.models.language_model.fusion import Fusion, beam_width
from ctcalign.models.language_model.words import ScoredWords
from ctcalign.text.vocabulary import Vocabulary

LETTERS = Vocabulary(("_", "|", "a", "b"), separator=1)
PIECES = Vocabulary(("_", "▁", "▁a", "a", "b"), word_pieces=True)


def noise(*key: object) -> float:
    """A number in (0, 1) for a key, the same in every process."""
    return (zlib.crc32(repr(key).encode()) + 1) / (2**32 + 2)


class Bigrams:
    """log10 of a probability for every pair of words, and of 1e-3 for unknown words."""

    def __init__(self, known: frozenset[str] | None = frozenset({"a", "ab", "bb"}), seed: int = 0) -> None:
        self.known, self.seed = known, seed

    def start(self) -> str:
        return "<s>"

    def word(self, history: str, word: str) -> tuple[float, str]:
        if self.known is not None and word not in self.known:
            return -3.0, "<unk>"
        return -2 * noise(self.seed, history, word), word

    def end(self, history: str) -> float:
        return -noise(self.seed, history)

    def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
        history, total = self.start(), 0.0
        for one in sentence.split():
            score, history = self.word(history, one)
            total += score
        return total + self.end(history)


def rows_of(frames: int, columns: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, 1, (frames, columns))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def best_of_all(rows: np.ndarray, vocabulary: Vocabulary, model: Bigrams, weights: tuple[float, float, float]):
    """The best text of all paths, and its score; `weights`: of the model, a word and an unknown word."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(rows.shape[1]), repeat=len(rows)):
        labels = tuple(label for label, _ in itertools.groupby(path) if label != 0)
        found[labels] = np.logaddexp(found.get(labels, -np.inf), sum(rows[t, label] for t, label in enumerate(path)))
    for labels in found:
        text = "".join(vocabulary.symbols[label] for label in labels).replace("|", " ").replace("▁", " ")
        unknown = sum(word not in (model.known or text.split()) for word in text.split())
        found[labels] += weights[0] * math.log(10) * model.score(text)
        found[labels] += weights[1] * len(text.split()) + weights[2] * unknown
    return max(found.items(), key=lambda one: one[1])


@settings(deadline=None, max_examples=60)
@given(
    frames=st.integers(1, 5),
    seed=st.integers(0, 2**16),
    weight=st.sampled_from([0.0, 0.3, 1.0]),
    bonus=st.sampled_from([-1.0, 0.0, 2.0]),
    unknown=st.sampled_from([-4.0, 0.0, 3.0]),
    vocabulary=st.sampled_from([LETTERS, PIECES]),
    listed=st.booleans(),
)
def test_a_wide_beam_finds_the_best_of_all_texts(frames, seed, weight, bonus, unknown, vocabulary, listed):
    rows = rows_of(frames, len(vocabulary), seed)
    model = Bigrams(seed=seed) if listed else Bigrams(None, seed)
    fusion = Fusion(model, weight, bonus, unknown)
    found = fusion.search(rows, vocabulary, 5_000)
    labels, score = best_of_all(rows, vocabulary, model, (weight, bonus, unknown if listed else 0.0))
    assert found[0].score == pytest.approx(score)
    assert found[0].tokens == labels
    # Rescoring all texts is the same.
    every = ctc.nbest(torch.from_numpy(rows)[None], 2_000, None, 0, 2_000)[0]
    again = fusion.rescored(every, vocabulary)[0]
    assert (again.tokens, again.score) == (labels, pytest.approx(score))


@pytest.mark.parametrize("vocabulary", [LETTERS, PIECES])
def test_without_weights_the_text_is_the_plain_one(vocabulary):
    for seed in range(5):
        rows = 3 * rows_of(40, len(vocabulary), seed)
        rows -= np.logaddexp.reduce(rows, axis=1, keepdims=True)
        found = Fusion(Bigrams(), 0.0, 0.0, 0.0).search(rows, vocabulary, 200)
        assert found[0].tokens == ctc.nbest(torch.from_numpy(rows)[None], 1, None, 0, 200)[0][0].tokens


def text_after(fusion: Fusion, symbols: str, rows: list[dict[str, float]], beam: int = 64) -> str:
    """The decoded text of frames, each with the probabilities of its symbols; "_" is the blank, "|" the separator."""
    vocabulary = Vocabulary(tuple(symbols), separator=symbols.index("|"))
    probabilities = np.array([[row.get(symbol, 1e-6) for symbol in symbols] for row in rows])
    log_probs = np.log(probabilities / probabilities.sum(1, keepdims=True))
    return vocabulary.text(fusion.search(log_probs, vocabulary, beam)[0].tokens)


class Spelling:
    """Knows some words, all equally likely."""

    def __init__(self, *known: str) -> None:
        self.known = frozenset(known)

    def start(self) -> None:
        return None

    def word(self, history: None, word: str) -> tuple[float, None]:
        return (-1.0 if word in self.known else -2.0), None

    def end(self, history: None) -> float:
        return 0.0


DOG = [{"d": 1.0}, {"a": 0.9, "o": 0.1}, {"g": 1.0}]


def test_unknown_words_cost_their_score():
    model = Spelling("dog")  # log(9) = 2.2 for "dag", 0.1 * log(10) for "dog" by the model
    assert text_after(Fusion(model, 0.1, 0.0, 0.0), "_|adgo", DOG) == "dag"
    assert text_after(Fusion(model, 0.1, 0.0, -1.9), "_|adgo", DOG) == "dag"
    assert text_after(Fusion(model, 0.1, 0.0, -2.1), "_|adgo", DOG) == "dog"
    assert text_after(Fusion(model, 1.0, 0.0, 0.0), "_|adgo", DOG) == "dog"


def test_the_bonus_decides_the_number_of_words():
    frames = [{"a": 1.0}, {"|": 0.2, "_": 0.8}, {"a": 1.0}]
    model = Spelling("a", "aa")
    assert text_after(Fusion(model, 0.0, 1.3, 0.0), "_|a", frames) == "aa"  # log(4) = 1.39
    assert text_after(Fusion(model, 0.0, 1.5, 0.0), "_|a", frames) == "a a"
    assert text_after(Fusion(model, 0.5, 1.5, 0.0), "_|a", frames) == "aa"  # each word costs 0.5 * log(10)


def test_look_ahead_keeps_known_words_in_a_narrow_beam():
    """Eight letters, each a little less likely than a wrong one: the wrong words fill the beam until they end."""
    frames = [{letter: 0.4, wrong: 0.6} for letter, wrong in zip("abcdefgh", "ijklmnop", strict=True)]
    symbols = "_|" + "abcdefghijklmnop"
    known = Fusion(Spelling("abcdefgh"))
    assert text_after(known, symbols, frames, beam=4) == "abcdefgh"
    blind = Spelling("abcdefgh")
    blind.word, blind.known = Spelling("abcdefgh").word, None
    assert text_after(Fusion(blind, 5.0), symbols, frames, beam=4) != "abcdefgh"
    assert text_after(Fusion(blind, 5.0), symbols, frames, beam=1_000) == "abcdefgh"


def test_words_in_the_case_and_letters_of_the_recogniser():
    upper = [{letter.upper(): value for letter, value in row.items()} for row in DOG]
    fusion = Fusion(Spelling("dog"), 1.0)
    assert text_after(fusion, "_|ADGO", upper) == "DOG"
    plain = Vocabulary(("_", "|", *"acfe"), separator=1)
    words = ScoredWords(Spelling("café", "cafe's"), plain, 1.0, 0.0, -50.0)
    assert words.word(None, (3, 2, 4, 5))[0] == pytest.approx(-math.log(10))  # é is written as e
    assert words.word(None, (2, 2))[0] == pytest.approx(-2 * math.log(10) - 50)
    both = ScoredWords(Spelling("café", "cafe"), plain, 1.0, 0.0, 0.0)
    assert both.word(None, (3, 2, 4, 5))[0] == pytest.approx(-math.log(10))


def test_runs_without_text_are_no_words():
    vocabulary = Vocabulary(("_", "|", "a", "<unk>", "▁"), separator=1, unknown=3, word_pieces=True)
    words = ScoredWords(Bigrams(), vocabulary, 1.0, 1.0, -5.0)
    assert words.word("<s>", ()) == words.word("<s>", (3, 4)) == (0.0, "<s>")
    assert words.word("<s>", (4, 2))[1] == "a"


def test_pieces_of_several_words():
    vocabulary = Vocabulary(("_", "▁a", "▁a▁bb", "b"), word_pieces=True)
    rows = rows_of(4, 4, 3)
    model = Bigrams()
    found = Fusion(model, 0.5, 1.0, -1.0).search(rows, vocabulary, 2_000)[0]
    labels, score = best_of_all(rows, vocabulary, model, (0.5, 1.0, -1.0))
    assert (found.tokens, found.score) == (labels, pytest.approx(score))


def test_a_model_of_whole_texts_rescores():
    class Likes:
        def score(self, sentence: str, bos: bool = True, eos: bool = True) -> float:
            return 0.0 if sentence == "b" else -9.0

    fusion = Fusion(Likes(), 1.0, 0.0)
    assert not fusion.first_pass
    found = fusion.search(np.log(np.array([[0.1, 0.1, 0.5, 0.3]])), LETTERS, 4)
    assert found[0].tokens == (3,)
    assert found[0].score == pytest.approx(math.log(0.3))
    assert len(found) == 4
    assert Fusion(Likes(), 0.0, 4.0).search(np.log(np.array([[0.9, 0.05, 0.03, 0.02]])), LETTERS, 4)[0].tokens == (2,)


def test_numbers_of_numpy_are_weights():
    fusion = Fusion(Bigrams(), np.float32(0.5), np.float32(1.0), np.int64(-3))
    about = json.loads(json.dumps(fusion.about()))
    assert about == {"lm": "Bigrams", "lm_weight": 0.5, "word_bonus": 1.0, "unknown_word_score": -3.0}


def test_a_model_with_only_a_score_of_a_text():
    class Likes:
        def score(self, text):
            return 0.0 if text == "b" else -9.0

    assert Fusion(Likes(), 1.0, 0.0).search(np.log(np.array([[0.1, 0.1, 0.5, 0.3]])), LETTERS, 4)[0].tokens == (3,)


@pytest.mark.parametrize("model", [None, "3gram.arpa", object()])
def test_what_is_no_model(model):
    with pytest.raises(
        UsageError, match=r"^lm: got \w+, expected a model with known, start, word and end, or with score"
    ):
        Fusion(model)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_wrong_scores_of_texts_are_refused(value):
    class Wrong:
        def score(self, text):
            return value

    with pytest.raises(UsageError, match=r"^lm: got (nan|inf) as the score of a text"):
        Fusion(Wrong()).search(rows_of(3, 4, 0), LETTERS, 4)


def test_a_probability_above_one_is_one():
    class Rounded(Bigrams):
        def word(self, history, word):
            return 1e-7, word

        def end(self, history):
            return 1e-7

    assert ScoredWords(Rounded(), LETTERS, 1.0, 0.5, 0.0).text((2, 1, 2)) == 1.0
    assert Fusion(Rounded()).search(rows_of(5, 4, 0), LETTERS, 8)[0].score < 5


@settings(deadline=None, max_examples=20)
@given(frames=st.integers(1, 5), seed=st.integers(0, 2**16))
def test_impossible_words_in_pieces_of_several_words(frames, seed):
    class Never(Bigrams):
        def word(self, history, word):
            return super().word(history, word) if word in self.known else (-math.inf, word)

    vocabulary = Vocabulary(("_", "▁a", "▁a▁bb", "b"), word_pieces=True)
    found = Fusion(Never(seed=seed), 0.5, 1.0, 2.0).search(rows_of(frames, 4, seed), vocabulary, 2_000)
    for one in found:
        unknown = set(vocabulary.text(one.tokens).split()) - {"a", "ab", "bb"}
        assert (one.score == -math.inf) if unknown else math.isfinite(one.score)


def test_decomposed_words_of_the_model():
    vocabulary = Vocabulary(("_", "|", *"acfe", "\u0301"), separator=1)
    words = ScoredWords(Spelling("cafe\u0301"), vocabulary, 1.0, 0.0, -50.0)
    assert words.word(None, (3, 2, 4, 5, 6))[0] == pytest.approx(-math.log(10))


def test_silence_and_no_frames():
    fusion = Fusion(Bigrams())
    for rows in (np.zeros((0, 4)), np.log(np.array([[1 - 3e-9, 1e-9, 1e-9, 1e-9]]))):
        assert fusion.search(rows, LETTERS, 8)[0].tokens == ()


def test_one_fusion_for_two_recognisers():
    fusion = Fusion(Bigrams(), 0.3, 0.0, 0.0)
    for vocabulary in (LETTERS, PIECES, LETTERS):
        rows = rows_of(4, len(vocabulary), 8)
        expected = best_of_all(rows, vocabulary, Bigrams(), (0.3, 0.0, 0.0))
        assert fusion.search(rows, vocabulary, 2_000)[0].tokens == expected[0]


def test_the_words_of_equal_vocabularies_are_prepared_once():
    fusion, symbols = Fusion(Bigrams()), ("_", "|", "a", "b")
    first = fusion._scored(Vocabulary(symbols, separator=1))  # a recogniser may make its vocabulary on each call
    assert fusion._scored(Vocabulary(symbols, separator=1)) is first


def test_default_beams():
    fusion = Fusion(Bigrams())
    assert beam_width(None, fusion, False) == 64
    assert beam_width(None, fusion, True) == beam_width(None, None, False) == 16
    assert beam_width(3, fusion, False) == 3


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"weight": -1.0}, "lm_weight: got -1.0, expected a finite number >= 0"),
        ({"weight": math.nan}, "lm_weight: got nan"),
        ({"bonus": math.inf}, "word_bonus: got inf, expected a finite number"),
        ({"unknown_word_score": -math.inf}, "unknown_word_score: got -inf, expected a finite number"),
        ({"weight": 1e308}, r"lm_weight: got 1e\+308, expected a finite number >= 0 and < 1e\+06"),
        ({"bonus": 1e308}, r"word_bonus: got 1e\+308, expected a finite number > -1e\+06 and < 1e\+06"),
        ({"bonus": 10**400}, "word_bonus: got 1000"),
        ({"unknown_word_score": "1"}, "unknown_word_score: got 1, expected a finite number"),
    ],
)
def test_bad_weights(weights, message):
    with pytest.raises(UsageError, match=f"^{message}"):
        Fusion(Bigrams(), **weights)
