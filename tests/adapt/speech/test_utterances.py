"""Training utterances: no overlap, nothing clipped, nothing else inside, every phrase once or with a reason."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ctcalign.adapt.speech.utterances import (
    LONGEST,
    OVERLAPPING,
    PADDING,
    SHORTEST,
    TOO_LONG,
    TOO_SHORT,
    Piece,
    utterances_of,
)

TIMES = st.integers(0, 6000).map(lambda n: n / 50)
SPANS = st.tuples(TIMES, st.integers(1, 1200).map(lambda n: n / 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(kept=st.lists(st.tuples(SPANS, st.booleans()), max_size=25), obstacles=st.lists(SPANS, max_size=10))
def test_utterances_of_any_phrases(kept, obstacles):
    pieces = [Piece(n, start, end, f"text {n}", joins) for n, ((start, end), joins) in enumerate(kept)]
    duration = max([1.0, *(end for (_, end), _ in kept), *(end for _, end in obstacles)])
    found, left_out = utterances_of(pieces, obstacles, duration)
    inside = [piece.index for one in found for piece in one.pieces]
    assert sorted([*inside, *left_out]) == list(range(len(pieces)))
    for one in found:
        assert SHORTEST <= one.end - one.start <= LONGEST
        assert 0 <= one.start
        assert one.end <= duration
        assert all(one.start <= piece.start and piece.end <= one.end for piece in one.pieces)
        assert not any(start < one.end and one.start < stop for start, stop in obstacles)
        others = [piece for piece in pieces if piece not in one.pieces]
        assert not any(piece.start < one.end and one.start < piece.end for piece in others)
        assert one.text == " ".join(piece.text for piece in sorted(one.pieces, key=lambda piece: piece.start))
        assert all(piece.joins for piece in one.pieces[1:])
    for first, second in pairwise(found):
        assert first.end <= second.start


def piece(index: int, start: float, end: float, joins: bool = True) -> Piece:
    return Piece(index, start, end, f"w{index}", joins)


def spans(found: list) -> list[tuple[float, float]]:
    return [(round(one.start, 3), round(one.end, 3)) for one in found]


def test_phrases_across_silence_are_one_utterance():
    found, left_out = utterances_of([piece(0, 1.0, 3.0), piece(1, 3.5, 5.0)], [], 10.0)
    assert spans(found) == [(1.0 - PADDING, 5.0 + PADDING)]
    assert left_out == {}


def test_speech_between_phrases_parts_them_and_is_not_touched():
    found, _ = utterances_of([piece(0, 1.0, 4.0), piece(1, 4.4, 7.0)], [(4.1, 4.3)], 10.0)
    assert spans(found) == [(0.8, 4.05), (4.35, 7.2)]


def test_missing_words_part_phrases():
    found, _ = utterances_of([piece(0, 1.0, 4.0), piece(1, 4.1, 7.0, joins=False)], [], 10.0)
    assert spans(found) == [(0.8, 4.05), (4.05, 7.2)]


def test_a_long_run_is_divided_at_a_pause_near_its_middle():
    run = [piece(n, 5.0 * n, 5.0 * n + 4.9) for n in range(6)]
    found, left_out = utterances_of(run, [], 40.0)
    assert [len(one.pieces) for one in found] == [3, 3]
    assert left_out == {}


def test_reasons():
    _, left_out = utterances_of([piece(0, 1.0, 1.5), piece(1, 10.0, 35.0), piece(2, 50.0, 54.0)], [(53.0, 53.1)], 60.0)
    assert left_out == {0: TOO_SHORT.format(SHORTEST), 1: TOO_LONG.format(LONGEST), 2: OVERLAPPING}
