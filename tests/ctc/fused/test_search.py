"""Fused beam search against all texts, and a narrow beam against a search with dictionaries."""

from __future__ import annotations

import itertools
import math
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc.fused.lexicon import Lexicon, LookAhead
from ctcalign.ctc.fused.search import fused_beam_search
from ctcalign.ctc.prefixes.beam import prefixes_kept
from ctcalign.errors import ShapeError, UsageError

BLANK, BREAK, A, B, START_A = range(5)  # BREAK separates words, START_A begins one


def noise(*key: object) -> float:
    """A number in (0, 1) for a key, the same in every process."""
    return (zlib.crc32(repr(key).encode()) + 1) / (2**32 + 2)


class Scores:
    """Words cost up to 4 nats, depending on the word before; calls are counted."""

    def __init__(self, most: float = 0.5, look_ahead: LookAhead | None = None, seed: int = 0) -> None:
        self.ends = np.array([False, True, False, False, True])
        self.begins = np.array([False, False, False, False, True])
        self.most, self.look_ahead, self.seed, self.calls = most, look_ahead, seed, 0

    def start(self) -> str:
        return "<s>"

    def word(self, history: str, labels: tuple[int, ...]) -> tuple[float, str]:
        self.calls += 1
        name = "".join("?|abA"[label] for label in labels)
        return 0.5 - 4 * noise(self.seed, history, name), name

    def end(self, history: str) -> float:
        return -3 * noise(self.seed, history, "</s>")

    def whole(self, labels: tuple[int, ...]) -> float:
        """The score of a text, from its spelling."""
        text = "".join(" a" if label == START_A else "?|ab"[label] for label in labels).replace("|", " ")
        marked = "".join(" A" if label == START_A else "?|ab"[label] for label in labels).replace("|", " ")
        assert len(text.split()) == len(marked.split())
        words = ["<s>", *marked.split()]
        listed = [0.5 - 4 * noise(self.seed, one, other) for one, other in itertools.pairwise(words)]
        return sum(listed) - 3 * noise(self.seed, words[-1], "</s>")


def random_rows(frames: int, seed: int, spread: float = 1.5) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(0, spread, (frames, 5))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True) if frames else logits


def totals(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """The total log-probability of every label sequence, path by path."""
    found: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        text = tuple(label for label, _ in itertools.groupby(path) if label != BLANK)
        score = float(sum(log_probs[t, label] for t, label in enumerate(path)))
        found[text] = np.logaddexp(found.get(text, -np.inf), score)
    return found


def random_look_ahead(seed: int) -> LookAhead:
    draw = np.random.default_rng(seed)
    lexicon = Lexicon.of(draw.integers(0, 2, draw.integers(1, 4)).tolist() for _ in range(4))
    return LookAhead.of(lexicon, [(), (-1,), (0,), (1,), (-1, 0)], -5 * draw.random(len(lexicon.units) + 1))


@settings(deadline=None, max_examples=40)
@given(frames=st.integers(0, 5), seed=st.integers(0, 2**16), ahead=st.booleans())
def test_a_wide_beam_finds_the_best_of_all_texts(frames, seed, ahead):
    rows = random_rows(frames, seed)
    scores = Scores(look_ahead=random_look_ahead(seed) if ahead else None, seed=seed)
    every = {text: total + scores.whole(text) for text, total in totals(rows).items()}
    found = fused_beam_search(rows, scores, 5_000, BLANK, -math.inf)
    assert {one.tokens: one.score for one in found} == pytest.approx(every)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert every[found[0].tokens] == pytest.approx(max(every.values()))


def plain_search(rows: np.ndarray, scores: Scores, beam: int, ahead: LookAhead | None) -> dict[tuple, float]:
    """The same algorithm with dictionaries: the fused score of every text in the final beam."""

    def finished(prefix: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        """The score of the finished words and the labels of the open one."""
        total, history, word = 0.0, "<s>", ()
        for label in prefix:
            if label in (BREAK, START_A):
                if word:
                    score, history = scores.word(history, word)
                    total += score
                word = (label,) if label == START_A else ()
            else:
                word += (label,)
        return total, word

    def rank(prefix: tuple[int, ...]) -> float:
        total, word = finished(prefix)
        if ahead is None:
            return total
        node = 0
        for label in word:
            unit = 1 if label == B else 0
            low, high = ahead.lexicon.children[node : node + 2]
            node = next((k for k in range(low, high) if ahead.lexicon.units[k] == unit), -1)
            if node < 0:
                break
        return total + ahead.promises[node]

    kept = {(): (0.0, -np.inf)}
    for row in rows:
        new: dict[tuple, list[float]] = {}
        for prefix, (in_blank, in_label) in kept.items():
            here = new.setdefault(prefix, [-np.inf, -np.inf])
            here[0] = np.logaddexp(here[0], np.logaddexp(in_blank, in_label) + row[BLANK])
            if prefix:
                here[1] = np.logaddexp(here[1], in_label + row[prefix[-1]])
            for label in range(1, len(row)):
                source = in_blank if prefix and prefix[-1] == label else np.logaddexp(in_blank, in_label)
                if source + row[label] > -np.inf:
                    longer = new.setdefault((*prefix, label), [-np.inf, -np.inf])
                    longer[1] = np.logaddexp(longer[1], source + row[label])
        order = sorted(new, key=lambda prefix: -(np.logaddexp(*new[prefix]) + rank(prefix)))
        kept = {prefix: tuple(new[prefix]) for prefix in order[:beam]}
    return {prefix: np.logaddexp(*masses) + scores.whole(prefix) for prefix, masses in kept.items()}


@settings(deadline=None, max_examples=40)
@given(frames=st.integers(1, 9), beam=st.integers(1, 7), seed=st.integers(0, 2**16), ahead=st.booleans())
def test_a_narrow_beam_is_pruned_by_the_fused_score(frames, beam, seed, ahead):
    rows = random_rows(frames, seed)
    look_ahead = random_look_ahead(seed) if ahead else None
    scores = Scores(look_ahead=look_ahead, seed=seed)
    found = {one.tokens: one.score for one in fused_beam_search(rows, scores, beam, BLANK, -math.inf)}
    assert found == pytest.approx(plain_search(rows, Scores(seed=seed), beam, look_ahead))


def test_words_that_cannot_enter_the_beam_are_not_scored():
    rows = random_rows(40, 1, 3.0)
    rows[:, [BREAK, START_A]] -= 3.0
    calls, found = [], []
    for most in (0.5, math.inf):
        scores = Scores(most)
        found.append(fused_beam_search(rows, scores, 8))
        calls.append(scores.calls)
    assert found[0] == found[1]
    assert calls[0] < 0.8 * calls[1]


def test_no_prefix_is_scored_twice():
    seen = []

    class Once(Scores):
        def word(self, history, labels):
            score, _ = super().word(history, labels)
            seen.append((history, labels))
            return score, (*history, labels)

        def start(self):
            return ()

        def end(self, history):
            return 0.0

    fused_beam_search(random_rows(30, 3), Once(), 16)
    # A separator may be repeated: "a|" and "a||" have the same words.
    assert len(seen) < 1.5 * len(set(seen))


@pytest.mark.parametrize("seed", range(3))
def test_scores_of_zero_give_the_plain_search(seed):
    class Zero(Scores):
        def word(self, history, labels):
            return 0.0, history

        def end(self, history):
            return 0.0

    rows = random_rows(60, seed, 3.0)
    found = fused_beam_search(rows, Zero(0.0), 12)
    expected = prefixes_kept(rows, 12, BLANK)
    assert [one.tokens for one in found] == [tokens for tokens, _ in expected]
    assert [one.score for one in found] == pytest.approx([mass for _, mass in expected])


def test_memory_grows_with_the_prefixes():
    rows = random_rows(400, 5, 0.5)
    found = fused_beam_search(rows, Scores(), 100)
    assert len(found) == 100
    assert len({one.tokens for one in found}) == 100


def test_frames_in_which_nothing_is_possible():
    rows = np.full((2, 5), -np.inf)
    assert fused_beam_search(rows, Scores(), 4)[0].score == -np.inf
    rows[:, A] = 0.0
    [found] = fused_beam_search(rows, Scores(), 4)
    assert found.tokens == (A,)
    assert found.score == pytest.approx(Scores().whole((A,)))
    [silence] = fused_beam_search(np.zeros((0, 5)), Scores(), 4)
    assert (silence.tokens, silence.score) == ((), pytest.approx(Scores().whole(())))


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.6])
def test_wrong_scores_are_refused(value):
    class Wrong(Scores):
        def word(self, history, labels):
            return value, history

    with pytest.raises(UsageError, match=r"^words: got .* as the score of a word, expected at most 0\.5$"):
        fused_beam_search(random_rows(9, 0), Wrong(), 4)


def test_an_infinite_score_is_refused_without_a_bound():
    class Wrong(Scores):
        def word(self, history, labels):
            return math.inf, history

    with pytest.raises(UsageError, match=r"^words: got inf as the score of a word"):
        fused_beam_search(random_rows(9, 0), Wrong(math.inf), 4)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_wrong_scores_of_the_end_are_refused(value):
    class Wrong(Scores):
        def end(self, history):
            return value

    with pytest.raises(UsageError, match="as the score of the end"):
        fused_beam_search(random_rows(3, 0), Wrong(), 4)


def test_an_impossible_word_is_no_error():
    class Never(Scores):
        def word(self, history, labels):
            return (-math.inf if A in labels else 0.0), history

    best = fused_beam_search(random_rows(6, 2), Never(), 2_000)[0]
    assert best.score > -math.inf
    assert A not in best.tokens


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"beam": 0}, UsageError, "beam: got 0, expected 1 to 1,000,000 prefixes"),
        ({"blank": 5}, UsageError, "blank: got 5, expected one of the 5 labels"),
        ({"log_probs": np.zeros((2, 4))}, ShapeError, "words: has 5 labels, expected the 4 columns"),
        ({"log_probs": np.full((1, 5), np.nan)}, UsageError, "NaN or"),
        ({"log_probs": np.zeros(3)}, ShapeError, r"\(T, C\)"),
    ],
)
def test_bad_arguments(changed, error, message):
    given = {"log_probs": np.zeros((2, 5)), "words": Scores(), "beam": 4, "blank": 0, **changed}
    with pytest.raises(error, match=message):
        fused_beam_search(**given)


@given(words=st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=12))
def test_the_lexicon_holds_all_prefixes(words):
    lexicon = Lexicon.of(words)
    found = {0: ()}
    for node in range(len(lexicon.units)):
        for child in range(lexicon.children[node], lexicon.children[node + 1]):
            found[child] = (*found[node], int(lexicon.units[child]))
    assert set(found) == set(range(len(lexicon.units)))
    prefixes = {tuple(word[:length]) for word in words for length in range(1, len(word) + 1)}
    assert sorted(found.values()) == sorted({(), *prefixes})
