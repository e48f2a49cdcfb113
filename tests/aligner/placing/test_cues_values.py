"""Cues from placed words, by hand: scores, readings, marks between words and between cues, translations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.placing.cues import BY_NEIGHBOURS, LONGEST_MARK, NOT_FOUND, assemble
from ctcalign.aligner.placing.words import PlacedWord
from ctcalign.alignment.alignment import AlignedToken
from ctcalign.spans import Span
from tests.aligner.placing.placements import placement, transcript


def assembled(text, place, duration=60.0, claimed=(), tokens=False):
    return assemble(text, place, cue_spans(text, place), claimed, duration, tokens=tokens)


def test_the_score_of_a_cue_is_the_mean_of_its_words():
    text, place = transcript("aaa bbb ccc"), placement([(1.0, 1.2), (1.3, 1.5), None])
    place.words[0].score, place.words[1].score = -1.0, -0.4
    (cue,) = assembled(text, place)
    assert cue.score == pytest.approx(-0.7)
    assert [word.score for word in cue.words] == [-1.0, -0.4, None]
    assert [word.reason for word in cue.words] == [None, None, NOT_FOUND]


def test_what_the_input_file_says_is_kept():
    text = transcript("abc")
    text.cues = [
        replace(text.cues[0], start=3.0, end=4.0, speaker="Ann", id="x1", channel=1, attributes={"style": "top"})
    ]
    (cue,) = assembled(text, placement([(1.0, 1.5)]))
    assert (cue.speaker, cue.id, cue.channel, cue.input_start, cue.input_end) == ("Ann", "x1", 1, 3.0, 4.0)
    assert cue.attributes == {"style": "top"}
    assert (cue.start, cue.end, cue.status, cue.reason) == (1.0, 1.5, "aligned", None)


def test_symbols_are_kept_when_they_are_asked_for():
    text, place = transcript("abc"), placement([(1.0, 1.5)])
    place.words[0].tokens = [AlignedToken("a", 1.0, 1.1, -0.1)]
    place.words[0].reason = "longer than plausible"
    assert assembled(text, place)[0].words[0].tokens == []
    (word,) = assembled(text, place, tokens=True)[0].words
    assert word.tokens == place.words[0].tokens
    assert word.reason == "longer than plausible"


def test_the_reading_that_was_spoken():
    text = transcript("10-abc gh")
    place = placement([(1.0, 1.5), (2.0, 2.5)])
    readings = text.words[0][0].readings
    assert len(readings) > 1
    place.words[0].alternative = 1
    assert assembled(text, place)[0].words[0].reading == " ".join(readings[1])
    place.words[0].alternative = len(readings)  # an alternative beyond the readings has no name
    assert assembled(text, place)[0].words[0].reading is None
    assert assembled(text, place)[0].words[1].reading is None  # there is but one


@pytest.mark.parametrize(
    ("line", "words", "times"),
    [
        ("[COUGH] abc", [(2.0, 2.5)], [(2.0, 2.0), (2.0, 2.5)]),
        ("abc [COUGH]", [(2.0, 2.5)], [(2.0, 2.5), (2.5, 2.5)]),
        ("abc [COUGH] def", [(2.0, 2.5), (3.0, 4.0)], [(2.0, 2.5), (2.5, 3.0), (3.0, 4.0)]),
        # Of two marks in a row, the last has the gap.
        ("abc [COUGH] [NOISE] def", [(2.0, 2.5), (3.0, 4.0)], [(2.0, 2.5), (2.5, 2.5), (2.5, 3.0), (3.0, 4.0)]),
        # A word that was not found has no time, and hides nothing.
        ("abc ghi [COUGH] def", [(2.0, 2.5), None, (3.0, 4.0)], [(2.0, 2.5), (None, None), (2.5, 3.0), (3.0, 4.0)]),
    ],
)
def test_marks_between_words(line, words, times):
    (cue,) = assembled(transcript(line), placement(words))
    assert [(word.start, word.end) for word in cue.words] == times


def test_marks_at_the_ends_of_the_recording():
    text = transcript("[MUSIC]", "abc", "[APPLAUSE]")
    cues = assembled(text, placement([(4.0, 5.0)]), duration=9.0)
    assert [(cue.start, cue.end) for cue in cues] == [(0.0, 4.0), (4.0, 5.0), (5.0, 9.0)]
    assert [(word.start, word.end) for word in cues[0].words] == [(0.0, 4.0)]
    cues = assembled(text, placement([(14.0, 15.0)]), duration=90.0)
    assert (cues[0].start, cues[0].end) == (0.0, LONGEST_MARK)
    assert (cues[2].start, cues[2].end) == (15.0, 25.0)


def test_marks_divide_a_pause_and_skip_cues_without_a_place():
    text = transcript("abc", "[MUSIC]", "[APPLAUSE]", "[NOISE]", "def")
    cues = assembled(text, placement([(1.0, 2.0), (8.0, 9.0)]))
    assert [(cue.start, cue.end) for cue in cues[1:4]] == [(2.0, 4.0), (4.0, 6.0), (6.0, 8.0)]
    text = transcript("abc", "ghi", "[MUSIC]", "jkl", "def")
    cues = assembled(text, placement([(1.0, 2.0), None, None, (8.0, 9.0)]))
    assert [cue.status for cue in cues] == ["aligned", "not_spoken", "not_spoken", "not_spoken", "aligned"]
    assert (cues[2].start, cues[2].end) == (2.0, 8.0)
    assert [cue.reason for cue in cues] == [None, NOT_FOUND, None, NOT_FOUND, None]


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ((3.0, 5.0), (3.0, 5.0)),
        ((1.0, 5.0), (2.0, 5.0)),
        ((3.0, 50.0), (3.0, 40.0)),
        ((0.5, 1.5), (2.0, 12.0)),
        ((0.5, 2.0), (2.0, 12.0)),
        ((40.0, 45.0), (2.0, 12.0)),
        ((None, None), (2.0, 12.0)),
        ((3.0, None), (2.0, 12.0)),
    ],
)
def test_old_times_of_a_mark_within_its_pause(old, expected):
    text = transcript("abc", "[MUSIC]", "def")
    text.cues = [text.cues[0], replace(text.cues[1], start=old[0], end=old[1]), text.cues[2]]
    mark = assembled(text, placement([(1.0, 2.0), (40.0, 41.0)]))[1]
    assert (mark.start, mark.end) == expected
    assert [(word.start, word.end) for word in mark.words] == [expected]


def test_a_translation_has_the_times_of_its_original():
    text = replace(transcript("abc def", "[ABC]"), partners={1: 0})
    cues = assembled(text, placement([(1.0, 1.5), (2.0, 3.0)]))
    assert (cues[1].start, cues[1].end) == (1.0, 3.0)
    assert [(word.start, word.end) for word in cues[1].words] == [(1.0, 3.0)]


def test_a_claimed_cue_is_aligned_without_a_score():
    text, place = transcript("abc", "def"), placement([(1.0, 2.0), None])
    cues = assemble(text, place, [Span(1.0, 2.0), Span(3.0, 4.0)], {1}, 60.0, tokens=False)
    assert (cues[1].status, cues[1].reason, cues[1].score, cues[1].start) == ("aligned", BY_NEIGHBOURS, None, 3.0)


def test_words_of_a_cue_of_which_too_little_was_found_have_no_place():
    text = transcript("a bcdefgh ijklmno")
    (cue,) = assembled(text, placement([(1.0, 1.1), None, None]))
    assert (cue.status, cue.start, cue.reason) == ("not_spoken", None, NOT_FOUND)
    assert [word.start for word in cue.words] == [None, None, None]
    assert isinstance(placement([(1.0, 1.1)]).words[0], PlacedWord)
