"""Whether stretches fit their cues: the ratios, the pace, the gaps and the edges, computed by hand."""

from __future__ import annotations

import pytest

from ctcalign.aligner.placing.paraphrased_cues import _edges, _fits, _Gap, _gaps, _pace, with_paraphrases
from ctcalign.spans import Span
from tests.aligner.placing.placements import placement, transcript
from tests.aligner.spelled_emissions import Talk


@pytest.mark.parametrize(
    ("pairs", "fits"),
    [
        # Expected seconds, and a stretch that counts as 0.3 s longer. Together at most 1.75 times apart.
        ([(1.0, (0.0, 0.7))], True),
        ([(1.74, (0.0, 0.7))], True),
        ([(1.76, (0.0, 0.7))], False),
        ([(1.0, (0.0, 1.44))], True),
        ([(1.0, (0.0, 1.46))], False),
        # Of several, the sums: how they are divided does not matter.
        ([(2.6, (0.0, 0.7)), (4.0, (5.0, 8.7))], True),
        ([(4.0, (0.0, 0.7)), (4.7, (5.0, 8.7))], True),
        ([(4.0, (0.0, 0.7)), (4.8, (5.0, 8.7))], False),
    ],
)
def test_stretches_that_fit(pairs, fits):
    assert _fits(pairs) is fits


def test_the_pace_is_seconds_by_letter():
    assert _pace([Span(1.0, 3.0), None, Span(5.0, 6.0)], [4, 9, 2]) == pytest.approx(0.5)
    assert _pace([None], [4]) is None
    assert _pace([], []) is None
    assert _pace([Span(1.0, 2.0)], [0]) is None


def test_gaps_with_cues_that_have_words():
    spans = [None, Span(1.0, 2.0), None, None, Span(5.0, 6.0), Span(7.0, 8.0), None]
    assert _gaps(spans, [3, 3, 3, 0, 3, 3, 3], 9.0) == [
        _Gap([0], 0.0, 1.0),
        _Gap([2, 3], 2.0, 5.0),
        _Gap([6], 8.0, 9.0),
    ]
    assert _gaps(spans, [0, 3, 0, 0, 3, 3, 0], 9.0) == []


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        ([], (3.0, 4.0)),
        ([(2.8, 3.5), (3.6, 4.2)], (2.8, 4.2)),
        ([(2.0, 3.0), (4.0, 4.5)], (3.0, 4.0)),  # touching is not overlapping
        ([(1.5, 3.5)], (2.0, 4.0)),  # not over the neighbour
        ([(3.5, 9.0)], (3.0, 5.0)),
        ([(3.2, 3.8)], (3.0, 4.0)),
    ],
)
def test_edges_of_a_stretch(speech, expected):
    assert _edges((3.0, 4.0), speech, _Gap([1], 2.0, 5.0)) == expected


WORDS = "abcd efgh ijkl mnop"
OTHER = "ponm lkji hgfe dcba"


def four(span: tuple[float, float]) -> list[tuple[float, float] | None]:
    step = (span[1] - span[0]) / 4
    return [(span[0] + number * step, span[0] + (number + 1) * step) for number in range(4)]


def claimed(*cues: str, spoken: int, placed: dict[int, int]) -> tuple[list, set[int], list]:
    """`placed`: which stretch each placed cue takes."""
    made = Talk().pause(2.0)
    for _ in range(spoken):
        made.cue(WORDS)
        made.pause(2.0)
    emission, times = made.emission(), made.times
    words = []
    for number, text in enumerate(cues):
        if not text.startswith("["):
            words += four(times[placed[number]]) if number in placed else [None] * len(text.split())
    free = [span for number, span in enumerate(times) if number not in placed.values()]
    spans, found = with_paraphrases(transcript(*cues), placement(words, free), emission)
    return spans, found, times


def test_as_many_stretches_as_cues():
    spans, found, times = claimed(WORDS, OTHER, OTHER, WORDS, spoken=4, placed={0: 0, 3: 3})
    assert found == {1, 2}
    assert [span == pytest.approx(time, abs=0.1) for span, time in zip(spans, times, strict=True)] == [True] * 4
    assert claimed(WORDS, OTHER, OTHER, WORDS, spoken=3, placed={0: 0, 3: 2})[1] == set()
    assert claimed(WORDS, OTHER, WORDS, spoken=4, placed={0: 0, 2: 3})[1] == set()


def test_at_the_beginning_and_the_end_of_the_recording():
    spans, found, times = claimed(OTHER, WORDS, OTHER, spoken=3, placed={1: 1})
    assert found == {0, 2}
    assert spans[0] == pytest.approx(times[0], abs=0.1)
    assert spans[2] == pytest.approx(times[2], abs=0.1)


def test_a_cue_much_longer_or_shorter_than_the_stretch_gets_none():
    assert claimed(WORDS, "ab", WORDS, spoken=3, placed={0: 0, 2: 2})[1] == set()
    assert claimed(WORDS, f"{OTHER} {OTHER} {OTHER}", WORDS, spoken=3, placed={0: 0, 2: 2})[1] == set()


def test_two_gaps_are_decided_apart():
    cues = (WORDS, OTHER, WORDS, "ab", WORDS)
    spans, found, times = claimed(*cues, spoken=5, placed={0: 0, 2: 2, 4: 4})
    assert found == {1}
    assert spans[1] == pytest.approx(times[1], abs=0.1)
    assert spans[3] is None
