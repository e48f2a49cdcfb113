"""Claims of cues on speech between their neighbours, decided on placements by hand."""

from __future__ import annotations

import pytest

from ctcalign.aligner.placing.paraphrased_cues import with_paraphrases
from ctcalign.emission.emission import Emission
from tests.aligner.placing.placements import placement, transcript
from tests.aligner.spelled_emissions import Talk

WORDS = "abcd efgh ijkl mnop"  # a cue of four words


def talk(*spoken: str) -> tuple[Emission, list[tuple[float, float]]]:
    """What is spoken, with pauses of two seconds, and when."""
    made = Talk().pause(2.0)
    for text in spoken:
        made.cue(text)
        made.pause(2.0)
    return made.emission(), made.times


def four(span: tuple[float, float]) -> list[tuple[float, float] | None]:
    """Times of four words that divide a stretch."""
    step = (span[1] - span[0]) / 4
    return [(span[0] + number * step, span[0] + (number + 1) * step) for number in range(4)]


def test_a_cue_takes_the_one_stretch_between_its_neighbours():
    emission, times = talk(WORDS, WORDS, WORDS)
    text = transcript(WORDS, "ponm lkji hgfe dcba", WORDS)
    place = placement([*four(times[0]), *[None] * 4, *four(times[2])], [times[1]])
    spans, claimed = with_paraphrases(text, place, emission)
    assert claimed == {1}
    assert spans[0] == pytest.approx(times[0])
    assert spans[1] == pytest.approx(times[1], abs=0.1)
    assert spans[2] == pytest.approx(times[2])


def test_speech_reserved_for_a_cue_that_does_not_fit_is_returned_to_its_neighbours():
    made = Talk().pause(2.0)
    first = made.cue(WORDS)
    more = made.say("abcdefgh")
    made.pause(2.0)
    made.cue(WORDS)
    emission = made.pause(2.0).emission()
    before, after = made.times
    more = (before[1] + 0.2, more[1])  # its first sound begins before its first symbol
    text = transcript(first, "a", WORDS)  # one letter for eight spoken ones
    place = placement([*four(before), None, *four(after)], [more])
    spans, claimed = with_paraphrases(text, place, emission)
    assert claimed == set()
    assert spans[1] is None
    assert spans[0] == pytest.approx((before[0], more[1]))


@pytest.mark.parametrize("marks", [0, 1])
def test_a_mark_takes_a_stretch_of_its_own_or_none(marks):
    emission, times = talk(WORDS, *[WORDS] * (1 + marks), WORDS)
    text = transcript(WORDS, "[APPLAUSE]", "ponm lkji hgfe dcba", WORDS)
    place = placement([*four(times[0]), *[None] * 4, *four(times[-1])], times[1:-1])
    spans, claimed = with_paraphrases(text, place, emission)
    assert claimed == {2}
    assert spans[1] is None
    assert spans[2] == pytest.approx(times[-2], abs=0.1)


def test_without_any_placed_cue_nothing_is_claimed():
    emission, times = talk(WORDS)
    spans, claimed = with_paraphrases(transcript(WORDS), placement([None] * 4, times), emission)
    assert (spans, claimed) == ([None], set())
