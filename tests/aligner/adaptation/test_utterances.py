"""Choice of sure cues, and their division into training and judging ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.aligner.adaptation.utterances import (
    ANYTHING,
    HELD_OUT,
    PAD,
    SURE,
    Utterance,
    _padded,
    _with_anything,
    divided,
    joined,
    sure_utterances,
    surest,
)
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.alignment.cue import Cue
from ctcalign.spans import Span
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY
from tests.calibration.made_up import MadeUpModel, transcribed

times = st.floats(0, 100, allow_nan=False)
spans = st.lists(st.tuples(times, times).filter(lambda t: t[1] - t[0] > 0.01).map(lambda t: Span(*t)), min_size=1)


def cue(number: int, seconds: float = 3.0, support: float = 5.0) -> Utterance:
    return Utterance(number, Span(10.0 * number, 10.0 * number + seconds), (1, 2), (1, 2), support)


@given(spans)
def test_padding_keeps_a_cue_whole_and_does_not_reach_into_others(all_spans):
    starts, ends = sorted(one.start for one in all_spans), sorted(one.end for one in all_spans)
    for own in all_spans:
        padded = _padded(own, starts, ends, 100.0)
        assert 0 <= padded.start <= own.start < own.end <= padded.end <= 100
        assert own.start - padded.start <= PAD + 1e-9
        assert padded.end - own.end <= PAD + 1e-9
        for other in all_spans:
            assert other.end <= padded.start or other.end > own.start
            assert other.start >= padded.end or other.start < own.end


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_a_cue_that_judges_one_pass_is_not_trained_on_in_another(first, second):
    passes = [divided([cue(number) for number in sorted(numbers)]) for numbers in (first, second)]
    for (train, held_out), numbers in zip(passes, (first, second), strict=True):
        assert {one.cue for one in [*train, *held_out]} == numbers
    assert not {one.cue for one in passes[0][0]} & {one.cue for one in passes[1][1]}


def test_every_so_many_cues_one_judges():
    train, held_out = divided([cue(number) for number in range(10 * HELD_OUT)])
    assert (len(train), len(held_out)) == (10 * (HELD_OUT - 1), 10)


def test_the_surest_are_taken_first_and_stay_in_order():
    cues = [cue(0, 3.0, 5.0), cue(1, 3.0, 9.0), cue(2, 3.0, 7.0), cue(3, 30.0, 10.0)]
    assert numbers(surest([cues], 10.0)) == [[3]]
    assert numbers(surest([cues[:3]], 6.0)) == [[1, 2]]
    assert numbers(surest([cues[:3]], 100.0)) == [[0, 1, 2]]
    assert surest([[]], 10.0) == [[]]


def test_the_surest_of_several_recordings_are_taken_together():
    first, second = [cue(0, 3.0, 5.0), cue(1, 3.0, 9.0)], [cue(0, 3.0, 6.0), cue(1, 3.0, 8.0)]
    assert numbers(surest([first, second], 6.0)) == [[1], [1]]
    assert numbers(surest([first, second], 9.0)) == [[1], [0, 1]]
    assert numbers(surest([first[:1], second], 6.0)) == [[], [0, 1]]


def numbers(recordings: list[list[Utterance]]) -> list[list[int]]:
    """The indices of cues."""
    return [[one.cue for one in own] for own in recordings]


def test_words_are_joined_by_the_separator_if_there_is_one():
    assert joined([(3, 4), (5,)], 1) == (3, 4, 1, 5)
    assert joined([(3, 4), (5,)], None) == (3, 4, 5)


def test_words_that_are_not_sure_may_be_anything():
    words = [(3, 4), (5,), (6, 7), (8,), (9,)]
    sure = [False, False, True, True, False]
    assert _with_anything(words, sure, 1) == (ANYTHING, 6, 7, 1, 8, ANYTHING)
    assert _with_anything(words, sure, None) == (ANYTHING, 6, 7, 8, ANYTHING)
    assert _with_anything(words, [True] * 5, 1) == joined(words, 1)


def test_a_wrong_word_in_a_sure_cue_is_not_trained_on():
    emission, spoken = transcribed(12, sure=0.9)
    words = [one.text.split() for one in spoken]
    words[5][2] = words[5][2][::-1] + "q"
    lines = [" ".join(own) for own in words]
    transcript = transcript_of([Cue(i, line) for i, line in enumerate(lines)], Tokeniser(VOCABULARY, "en"), "en")
    alignment, placement = place_emission(emission, transcript, MadeUpModel(), AlignOptions(skips=None))
    found = {one.cue: one for one in sure_utterances(emission, transcript, placement.words, alignment.cues, 0.0)}
    parts = [[]]
    for label in found[5].target:
        parts.append([]) if label == ANYTHING else parts[-1].append(label)
    assert [VOCABULARY.text(part) for part in parts] == [" ".join(words[5][:2]), " ".join(words[5][3:])]


def test_cues_that_are_spoken_are_sure_and_others_are_not():
    emission, spoken = transcribed(12, sure=0.9)
    lines = [one.text for one in spoken]
    wrong = {4, 8}
    text = [line[::-1] if number in wrong else line for number, line in enumerate(lines)]
    transcript = transcript_of([Cue(i, line) for i, line in enumerate(text)], Tokeniser(VOCABULARY, "en"), "en")
    model = MadeUpModel()
    alignment, placement = place_emission(emission, transcript, model, AlignOptions(skips=None))
    found = sure_utterances(emission, transcript, placement.words, alignment.cues, model.spike_delay)
    assert {one.cue for one in found} == set(range(len(lines))) - wrong
    assert all(one.support >= SURE for one in found)
    for one in found:
        span = alignment.cues[one.cue].span
        assert span is not None
        assert one.span.start <= span.start < span.end <= one.span.end
        assert VOCABULARY.text(one.labels) == lines[one.cue]
        assert set(one.target) <= {*one.labels, ANYTHING}
    assert np.all(np.diff([one.cue for one in found]) > 0)
