"""Spots of a phrase, against every path of every stretch."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.ctc import WILDCARD, GraphBuilder, chain
from ctcalign.ctc.spotting.spotter import PhraseSpotter, Spot, apart, ratio_rows
from ctcalign.errors import ShapeError, UsageError

FOREVER = 10**6


def emission(frames, classes, seed, spread=1.5):
    logits = np.random.default_rng(seed).normal(size=(frames, classes)) * spread
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def spots(log_probs, graph, blocks=(), **options):
    spotter = PhraseSpotter(graph, **{"floor": -1e3, "patience": FOREVER, **options})
    edges = [0, *sorted(b for b in blocks if b < len(log_probs)), len(log_probs)]
    for a, b in itertools.pairwise(edges):
        spotter.feed(ratio_rows(log_probs, a, b, 0))
    return spotter.spots()


def collapsed(path):
    return [label for label, _ in itertools.groupby(path) if label != 0]


def stretch_score(log_probs, first, stop, texts):
    """Best log-ratio a symbol of any of the texts in frames [first, stop), both outer frames said; all paths tried."""
    rows = log_probs[first:stop].astype(float)
    rows = rows - rows.max(1, keepdims=True)
    best = -math.inf
    for path in itertools.product(range(rows.shape[1]), repeat=len(rows)):
        if path[0] and path[-1] and collapsed(path) in texts:
            score = sum(rows[t, label] for t, label in enumerate(path))
            best = max(best, score / len(collapsed(path)))
    return best


@settings(deadline=None)  # the first example compiles
@given(
    frames=st.integers(2, 6),
    text=st.lists(st.integers(1, 2), min_size=1, max_size=3),
    seed=st.integers(0, 2**16),
)
def test_the_best_spot_is_the_best_path_of_any_stretch(frames, text, seed):
    log_probs = emission(frames, 3, seed)
    scores = {(a, b): stretch_score(log_probs, a, b, [text]) for a in range(frames) for b in range(a + 1, frames + 1)}
    found = spots(log_probs, chain(text))
    best = max(scores.values())
    if best == -math.inf:
        assert found == []
        return
    assert max(spot.score for spot in found) == pytest.approx(best, abs=1e-5)
    for spot in found:
        assert spot.score == pytest.approx(scores[spot.first, spot.stop], abs=1e-5)
    assert all(a.stop <= b.first for a, b in itertools.pairwise(found))


@settings(deadline=None)  # the first example compiles
@given(seed=st.integers(0, 2**16), blocks=st.lists(st.integers(1, 39), max_size=4, unique=True))
def test_blocks_do_not_matter(seed, blocks):
    log_probs = emission(40, 4, seed)
    graph = chain([1, 2, 2, 3])
    assert spots(log_probs, graph, blocks, floor=-4.0) == spots(log_probs, graph, floor=-4.0)


@settings(deadline=None)  # the first example compiles
@given(seed=st.integers(0, 2**16))
def test_of_parallel_readings_the_one_that_is_said_counts_by_its_own_length(seed):
    log_probs = emission(5, 4, seed)
    builder = GraphBuilder()
    builder.alternatives([[1, 2], [3]])
    [best] = sorted(spots(log_probs, builder.build()), key=lambda spot: -spot.score)[:1]
    expected = max(stretch_score(log_probs, a, b, [[1, 2], [3]]) for a in range(5) for b in range(a + 1, 6))
    assert best.score == pytest.approx(expected, abs=1e-5)


def said(labels, classes=4):
    rows = np.full((len(labels), classes), math.log(0.02 / (classes - 1)), np.float32)
    rows[np.arange(len(labels)), labels] = math.log(0.98)
    return rows


def test_every_occurrence_is_found_with_all_its_frames():
    log_probs = said([0, 1, 1, 0, 2, 2, 0, 3, 0, 1, 2, 0, 0])
    assert spots(log_probs, chain([1, 2]), floor=-1.0) == [Spot(1, 6, 0.0), Spot(9, 11, 0.0)]


@pytest.mark.parametrize(("patience", "found"), [(3, 1), (2, 0)])
def test_a_phrase_is_said_in_one_go(patience, found):
    assert len(spots(said([1, 0, 0, 0, 2]), chain([1, 2]), floor=-1.0, patience=patience)) == found


def test_equal_symbols_need_a_blank_between():
    assert spots(said([1, 1]), chain([1, 1]), floor=-1.0) == []
    assert spots(said([1, 0, 1]), chain([1, 1]), floor=-1.0) == [Spot(0, 3, 0.0)]


def test_a_wildcard_takes_any_symbol_at_its_price():
    [spot] = spots(said([0, 1, 3, 2, 0]), chain([1, WILDCARD, 2]), floor=-1.0)
    assert (spot.first, spot.stop) == (1, 4)
    assert spot.score == pytest.approx(-0.7 / 3)


def test_separators_do_not_count_as_symbols():
    log_probs = said([1, 3, 2])
    log_probs[0, 1] = math.log(0.1)
    (counted,) = spots(log_probs, chain([1, 3, 2]))
    (not_counted,) = spots(log_probs, chain([1, 3, 2]), silent=[3])
    assert not_counted.score == pytest.approx(counted.score * 3 / 2)


def test_spots_that_overlap_a_better_one_are_left_out():
    assert apart([Spot(0, 4, -2.0), Spot(3, 6, -1.0), Spot(6, 8, -3.0), Spot(5, 9, -1.5)]) == [
        Spot(3, 6, -1.0),
        Spot(6, 8, -3.0),
    ]


def test_a_long_emission_holds_few_candidates(monkeypatch):
    monkeypatch.setattr("ctcalign.ctc.spotting.spotter.MOST_HELD", 10)
    labels = [0, 1, 0, 2, 0, 3] * 200
    found = spots(said(labels), chain([1, 2]), blocks=range(7, 1200, 7), floor=-5.0)
    assert [spot for spot in found if spot.score == 0.0] == [Spot(6 * i + 1, 6 * i + 4, 0.0) for i in range(200)]


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        (chain([1]), {"floor": 0.0}, "floor must be a finite number of nats below 0, got 0.0"),
        (chain([1]), {"patience": 0}, "patience must be at least one frame, got 0"),
        (chain([-2]), {}, "a phrase has neither fillers nor blanks, got -2"),
        (chain([0]), {}, "a phrase has neither fillers nor blanks, got 0"),
        (chain([1]), {"silent": [1]}, "may be spoken without a symbol"),
    ],
)
def test_what_cannot_be_searched(graph, options, message):
    with pytest.raises(ValueError, match=message):
        PhraseSpotter(graph, **options)


def test_what_is_no_emission():
    with pytest.raises(ValueError, match="these look like logits"):
        ratio_rows(np.ones((3, 4), np.float32) * 5, 0, 3, 0)
    with pytest.raises(ShapeError, match="must have shape"):
        ratio_rows(np.zeros(3, np.float32), 0, 3, 0)
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 4\), got 7"):
        spots(said([1, 2]), chain([7]))


def test_rows_relative_to_the_best_label():
    log_probs = np.array([[-1.0, -2.0, -4.0], [-0.5, -8.0, -3.0], [-6.0, -1.0, -1.5]], np.float32)
    rows = ratio_rows(log_probs, 0, 3, 0)
    assert rows.dtype == np.float32
    expected = [[0, -1, -3, -1.7], [0, -7.5, -2.5, -3.2], [-5, 0, -0.5, -0.7]]
    assert rows == pytest.approx(np.array(expected), abs=1e-6)
    assert ratio_rows(log_probs, 1, 2, 0, wildcard_penalty=2.0) == pytest.approx(np.array([[0, -7.5, -2.5, -4.5]]))
    assert ratio_rows(log_probs, 2, 3, 1)[0, -1] == pytest.approx(-0.5 - 0.7)  # the best label other than the blank
    with pytest.raises(UsageError, match="in frame 2, label 1"):
        ratio_rows(np.where(log_probs == -1.0, [[-1.0, -1.0, 0], [0, 0, 0], [0, 5.0, 0]], log_probs), 1, 3, 0)


def test_two_readings_that_end_together():
    builder = GraphBuilder()
    builder.alternatives([[1, 2], [3]])
    builder.sequence([2])
    log_probs = said([1, 2, 0, 2, 0, 3, 2, 0])
    assert [(spot.first, spot.stop) for spot in spots(log_probs, builder.build(), floor=-0.5)] == [(0, 4), (5, 7)]


def test_the_size_of_a_phrase_is_its_fewest_symbols():
    """With an optional symbol in it, a phrase of three symbols counts as two: the score is divided by that."""
    builder = GraphBuilder()
    builder.sequence([1])
    builder.optional([3])
    builder.sequence([2])
    log_probs = said([1, 3, 2])
    log_probs[1] = np.log([0.7, 0.1, 0.1, 0.1])
    [spot] = spots(log_probs, builder.build(), floor=-2.0)
    assert (spot.first, spot.stop) == (0, 3)
    assert spot.score == pytest.approx(0.0)  # the blank in between costs nothing
    log_probs[1] = np.log([0.01, 0.19, 0.1, 0.7])
    log_probs[2] = np.log([0.2, 0.1, 0.5, 0.2])
    log_probs[2, 3] = math.log(0.9)
    [spot] = spots(log_probs, builder.build(), floor=-2.0)
    assert spot.score == pytest.approx(math.log(0.5 / 0.9) / 2)


def test_patience_of_each_node_by_hand():
    log_probs = said([1, 0, 0, 2, 0, 0, 3])
    assert len(spots(log_probs, chain([1, 2, 3]), floor=-0.5, patience=np.array([2, 2, 1]))) == 1
    assert spots(log_probs, chain([1, 2, 3]), floor=-0.5, patience=np.array([1, 9, 9])) == []
    assert spots(log_probs, chain([1, 2, 3]), floor=-0.5, patience=np.array([9, 1, 9])) == []
    later = said([1] + [0] * 50 + [2])
    assert len(spots(later, chain([1, 2]), floor=-0.5, patience=50)) == 1
    spotter = PhraseSpotter(chain([1, 2]))  # 50 frames, at most 3 nats a symbol
    spotter.feed(ratio_rows(later, 0, 52, 0))
    assert spotter.spots() == [Spot(0, 52, 0.0)]
    spotter = PhraseSpotter(chain([1, 2]))
    spotter.feed(ratio_rows(said([1] + [0] * 51 + [2]), 0, 53, 0))
    [spot] = spotter.spots()  # one frame more: a label must last one frame longer, where it is unlikely
    assert spot.score == pytest.approx(math.log(0.02 / 3 / 0.98) / 2, abs=1e-4)


@pytest.mark.parametrize(("loss", "found"), [(2.99, 1), (3.01, 0)])
def test_the_floor_is_in_nats_per_symbol(loss, found):
    log_probs = said([1, 2])
    log_probs[0] = [0.0 - 0.01, -0.01 - 2 * loss, -9.0, -9.0]
    spotter = PhraseSpotter(chain([1, 2]))
    spotter.feed(ratio_rows(log_probs, 0, 2, 0))
    assert len(spotter.spots()) == found
    if found:
        assert spotter.spots()[0].score == pytest.approx(-loss, abs=1e-5)


def test_apart_by_hand():
    assert apart([]) == []
    touching = [Spot(0, 3, -1.0), Spot(3, 5, -2.0), Spot(5, 6, -1.5)]
    assert apart(touching[::-1]) == touching
    assert apart([Spot(0, 4, -2.0), Spot(3, 5, -1.0)]) == [Spot(3, 5, -1.0)]
    assert apart([Spot(3, 5, -2.0), Spot(0, 4, -1.0)]) == [Spot(0, 4, -1.0)]
    assert apart([Spot(4, 6, -1.0), Spot(2, 5, -1.0)]) == [Spot(2, 5, -1.0)]  # of equals the first
    assert apart([Spot(0, 9, -1.0), Spot(2, 5, -2.0), Spot(8, 9, -3.0), Spot(9, 12, -4.0)]) == [
        Spot(0, 9, -1.0), Spot(9, 12, -4.0)]  # fmt: skip


def test_of_overlapping_ends_of_one_start_the_best_counts():
    log_probs = said([1, 2, 2, 0])
    log_probs[1] = np.log([0.1, 0.1, 0.3, 0.5])
    assert [(spot.first, spot.stop) for spot in spots(log_probs, chain([1, 2]), floor=-3.0)] == [(0, 3)]


@pytest.mark.parametrize("floor", [-math.inf, math.nan, 1.0])
def test_floors_that_are_refused(floor):
    with pytest.raises(UsageError, match="floor must be a finite number of nats below 0"):
        PhraseSpotter(chain([1]), floor=floor)


def test_a_phrase_at_the_end_of_the_vocabulary():
    assert spots(said([0, 3, 0]), chain([3]), floor=-1.0) == [Spot(1, 2, 0.0)]
    for label in (4, 5):
        with pytest.raises(UsageError, match=rf"labels must lie in \[0, 4\), got {label}"):
            spots(said([1, 2]), chain([label]))
