"""Repeats: texts in recognised labels, and which neighbours are compared; positions counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.aligner.placing.repeats import NEAR, _around, best_match, mark_repeats
from ctcalign.alignment.alignment import AlignedCue
from tests.aligner.placing.placements import transcript
from tests.aligner.spelled_emissions import Talk

TEXT = (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("recognised", "expected"),
    [
        (TEXT, (0, 6)),
        ((9, 9, *TEXT, 9), (2, 8)),
        ((1, 2, 3, 4, 5), (0, 5)),  # one error in six labels
        ((1, 2, 3, 4), (0, 4)),  # two: 0.33
        ((1, 2, 3), None),
        ((1, 2, 9, 9, 5, 6), (0, 6)),
        ((1, 9, 9, 9, 5, 6), None),
        ((6, 5, 4, 3, 2, 1), None),
        ((), None),
        ((*TEXT, *TEXT), (0, 6)),  # the first of two places
    ],
)
def test_a_text_in_labels(recognised, expected):
    assert best_match(TEXT, np.array(recognised, np.int64)) == expected


def test_a_short_text_matches_nothing():
    assert best_match(TEXT[:5], np.array(TEXT)) is None


def test_neighbours_nearest_first():
    assert _around(0, 3) == [1, 2]
    assert _around(2, 4) == [1, 3, 0]
    assert _around(10, 30) == [9, 11, 8, 12, 7, 13, 6, 14, 5, 15]
    assert NEAR == 5


SENTENCE = "abcd efgh"


def cue(index: int, start: float | None, text: str = SENTENCE) -> AlignedCue:
    status = "aligned" if start is not None else "not_spoken"
    return AlignedCue(index, text, start, None if start is None else start + 1.0, status=status)


def marked(cues: list[AlignedCue], uncaptioned=(), emission=None) -> list[str]:
    emission = emission or Talk().pause(1.0).emission()
    return mark_repeats(transcript(*(one.text for one in cues)), cues, uncaptioned, emission)


def test_an_unplaced_cue_gets_the_nearest_equal_text():
    cues = [cue(0, 1.0), cue(1, 3.0, "ponm lkji"), cue(2, None), cue(3, 5.0)]
    assert marked(cues) == [
        "repeats: 1 cue may be spoken elsewhere as well (2); "
        "if the captions have times, --max-shift uses these to decide"
    ]
    assert [one.alternatives for one in cues] == [[], [], [(5.0, 6.0)], []]
    # Of two at one distance, the one before.
    cues = [cue(0, 1.0), cue(1, None), cue(2, 5.0)]
    marked(cues)
    assert cues[1].alternatives == [(1.0, 2.0)]
    # Another text, a text too short, and one too far away have none.
    other = [cue(number, 10.0 + number, "ponm lkji") for number in range(1, 6)]
    for cues in (
        [cue(0, 1.0, "ponm lkji"), cue(1, None)],
        [cue(0, 1.0, "abcde"), cue(1, None, "abcde")],
        [cue(0, 1.0), *other, cue(6, None)],
    ):
        assert marked(cues) == []
        assert all(not one.alternatives for one in cues)
    cues = [cue(0, 1.0), *other[:4], cue(5, None)]
    assert len(marked(cues)) == 1
    assert cues[5].alternatives == [(1.0, 2.0)]
    cues = [cue(0, 1.0, "abcdef"), cue(1, None, "abcdef")]
    assert len(marked(cues)) == 1


def test_the_warning_lists_ten():
    cues = [cue(0, 1.0), *(cue(number, None) for number in range(1, 6)), cue(6, 9.0)]
    assert "5 cues may" in marked(cues)[0]
    cues = [cue(number, None if number % 2 else float(number)) for number in range(20)]
    assert "10 cues may be spoken elsewhere as well (1, 3, 5, 7, 9, 11, 13, 15, 17, 19);" in marked(cues)[0]
    cues = [cue(number, None if number % 2 else float(number)) for number in range(22)]
    assert "11 cues may be spoken elsewhere as well (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, ...);" in marked(cues)[0]


def test_speech_without_a_cue_is_compared_with_the_five_cues_on_either_side():
    made = Talk().pause(1.0)
    made.cue(SENTENCE)
    emission = made.pause(2.0).emission()
    (span,) = made.times
    for place, near in ((0, False), (1, True), (5, True), (6, True), (10, True), (11, False)):
        cues = [cue(number, 0.1 * number if number < 6 else 50.0 + number, "ponm lkji") for number in range(12)]
        cues[place].text = SENTENCE
        marked(cues, [span], emission)
        found = [one.index for one in cues if one.alternatives]
        assert found == ([place] if near else []), place
    ((start, end),) = next(one.alternatives for one in cues if one.alternatives) if near else [span]
    assert (start, end) == pytest.approx(span, abs=0.1)


def test_a_mark_is_no_cue_before_the_speech():
    made = Talk().pause(1.0)
    made.cue(SENTENCE)
    emission = made.pause(2.0).emission()
    for place, near in ((0, True), (10, False)):
        cues = [cue(number, 0.1 * number if number < 6 else 50.0 + number, "ponm lkji") for number in range(12)]
        cues[5].status = "not_spoken"
        cues[place].text = SENTENCE
        marked(cues, made.times, emission)
        assert [one.index for one in cues if one.alternatives and one.index != 5] == ([place] if near else [])


def test_the_place_in_the_speech_from_the_first_to_the_last_symbol():
    made = Talk().pause(1.0)
    made.say("ponm")
    made.cue(SENTENCE)
    emission = made.pause(2.0).emission()
    frames = emission.decoding.without_separators().frames
    cues = [cue(0, 30.0)]
    marked(cues, [(1.0, 6.0)], emission)
    expected = (frames[4] * 0.02, frames[-1] * 0.02 + 0.02)
    assert cues[0].alternatives == [pytest.approx(expected)]


def test_a_third_and_a_bit_of_the_labels_may_be_wrong():
    """0.35 of twenty labels: seven."""
    text = tuple(range(1, 21))
    assert best_match(text, np.array([*range(1, 7), *[99] * 7, *range(14, 21)])) == (0, 20)
    assert best_match(text, np.array([*range(1, 7), *[99] * 8, *range(15, 21)])) is None
