"""Edges of cues: skipped words, speech that waits for another cue, cues of which too little was found."""

from __future__ import annotations

import pytest

from ctcalign.aligner.placing.cue_spans import LEAST_FOUND, CueCore, cue_edges, cue_spans, without_chance
from tests.aligner.placing.placements import placement, transcript


def test_edges_move_over_speech_in_place_of_skipped_words():
    core = CueCore(10.0, 12.0, before=5, after=0)
    # Half a second of speech, 0.2 s before the first word; another sentence after a pause.
    assert cue_edges([core], [(9.3, 9.8), (13.0, 14.0)]) == [(9.3, 12.0)]
    # Too far away, and too long for five letters.
    assert cue_edges([core], [(8.0, 9.5)]) == [(10.0, 12.0)]
    assert cue_edges([core], [(7.0, 9.9)]) == [(10.0, 12.0)]


def test_speech_that_may_belong_to_an_unplaced_cue_is_left_to_it():
    speech = [(2.1, 2.5)]
    assert cue_edges([CueCore(1.0, 2.0, 0, 0)], speech) == [(1.0, 2.5)]
    assert cue_edges([CueCore(1.0, 2.0, 0, 0, open_after=False)], speech) == [(1.0, 2.0)]
    assert cue_edges([CueCore(2.6, 3.0, 0, 0, open_before=False)], speech) == [(2.6, 3.0)]
    assert cue_edges([CueCore(1.0, 2.0, 0, 5, open_after=False)], speech) == [(1.0, 2.5)]  # its own words are missing


def test_a_pause_may_lie_between_a_cue_and_its_missing_words():
    speech = [(12.8, 13.2)]
    assert cue_edges([CueCore(10.0, 12.0, before=0, after=5)], speech) == [(10.0, 13.2)]
    assert cue_edges([CueCore(10.0, 12.0, before=0, after=0)], speech) == [(10.0, 12.0)]
    assert cue_edges([CueCore(10.0, 12.0, before=0, after=5)], [(13.0, 13.4)]) == [(10.0, 12.0)]


def test_speech_between_two_cues_goes_to_the_one_with_missing_words():
    first, second = CueCore(0.0, 1.0, 0, 0), CueCore(2.0, 3.0, 6, 0)
    assert cue_edges([first, second], [(1.2, 1.8)]) == [(0.0, 1.0), (1.2, 3.0)]
    first, second = CueCore(0.0, 1.0, 0, 6), CueCore(2.0, 3.0, 0, 0)
    assert cue_edges([first, second], [(1.2, 1.8)]) == [(0.0, 1.8), (2.0, 3.0)]


def test_spans_go_from_the_first_to_the_last_word_that_was_found():
    text = transcript("aaa bbb ccc", "[MUSIC]", "ddd eee")
    place = placement([(1.0, 1.2), None, (1.6, 1.9), (5.0, 5.4), (5.6, 6.0)])
    assert cue_spans(text, place) == [(1.0, 1.9), None, (5.0, 6.0)]


def test_speech_is_reserved_for_cues_that_may_still_get_a_place():
    text = transcript("aaa bbb", "ccc ddd", "eee fff")
    place = placement([(1.0, 1.4), (1.5, 2.0), None, None, (4.0, 4.4), (4.5, 5.0)], speech=[(2.2, 3.0)])
    assert cue_spans(text, place) == [(1.0, 3.0), None, (4.0, 5.0)]
    for reserved in (None, {1}):
        assert cue_spans(text, place, reserved) == [(1.0, 2.0), None, (4.0, 5.0)]
    assert cue_spans(
        transcript("aaa bbb", "[MUSIC]", "eee fff"),
        placement([(1.0, 1.4), (1.5, 2.0), (4.0, 4.4), (4.5, 5.0)], speech=[(2.2, 3.0)]),
        None,
    ) == [(1.0, 3.0), None, (4.0, 5.0)]


@pytest.mark.parametrize(("found", "kept"), [(4, False), (5, True)])
def test_a_cue_of_which_too_little_was_found_has_no_place(found, kept):
    text = transcript("a b c d e f g h i j")  # ten words of one letter
    place = placement([(number, number + 0.5) if number < found else None for number in range(10)])
    assert (found / 10 >= LEAST_FOUND) is kept
    assert [word is not None for word in without_chance(text, place.words)] == [
        kept and number < found for number in range(10)
    ]
    assert (cue_spans(text, place)[0] is not None) is kept
