"""Cues made from placed words: everything of the input once, marks between their neighbours, decisions of a method."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctcalign.aligner.placing.cue_spans import cue_spans
from ctcalign.aligner.placing.cues import BY_NEIGHBOURS, LONGEST_MARK, NOT_FOUND, assemble, override
from ctcalign.aligner.placing.words import CueOverride
from ctcalign.alignment.alignment import AlignedCue
from ctcalign.spans import Span
from tests.aligner.placing.placements import placement, transcript


def test_every_cue_and_word_once_with_its_status():
    text = transcript("abc [COUGH] def", "[MUSIC]", "ghi jkl", "mno")
    place = placement([(1.0, 1.4), (2.0, 2.5), None, None, None])
    spans = cue_spans(text, place)
    spans[3] = Span(10.0, 11.0)
    cues = assemble(text, place, spans, {3}, 20.0, tokens=False)
    assert [cue.text for cue in cues] == ["abc [COUGH] def", "[MUSIC]", "ghi jkl", "mno"]
    assert [(cue.status, cue.reason) for cue in cues] == [
        ("aligned", None),
        ("not_spoken", None),
        ("not_spoken", NOT_FOUND),
        ("aligned", BY_NEIGHBOURS),
    ]
    assert [(word.status, word.start, word.end) for word in cues[0].words] == [
        ("aligned", 1.0, 1.4),
        ("not_spoken", 1.4, 2.0),  # a mark inside a cue takes the gap
        ("aligned", 2.0, 2.5),
    ]
    assert cues[0].score == -0.5
    assert cues[2].start is None
    assert [(word.reason, word.start) for word in cues[3].words] == [(NOT_FOUND, None)]
    assert (cues[3].start, cues[3].end, cues[3].score) == (10.0, 11.0, None)
    assert cues[1].start == 2.5


@pytest.mark.parametrize(("gap", "end"), [(4.0, 6.0), (50.0, 2.0 + LONGEST_MARK)])
def test_marks_take_the_pause_but_not_too_much_of_it(gap, end):
    text = transcript("abc", "[MUSIC]", "def")
    place = placement([(1.0, 2.0), (2.0 + gap, 3.0 + gap)])
    mark = assemble(text, place, cue_spans(text, place), (), 60.0, tokens=False)[1]
    assert (mark.start, mark.end) == (2.0, end)


def test_a_mark_keeps_its_old_time_inside_the_pause():
    text = transcript("abc", "[MUSIC]", "def")
    text.cues = [text.cues[0], replace(text.cues[1], start=20.0, end=45.0), text.cues[2]]
    place = placement([(1.0, 2.0), (50.0, 51.0)])
    mark = assemble(text, place, cue_spans(text, place), (), 60.0, tokens=False)[1]
    assert (mark.start, mark.end) == (20.0, 45.0)


def test_several_marks_divide_the_pause():
    text = transcript("abc", "[MUSIC]", "[APPLAUSE]", "def")
    place = placement([(1.0, 2.0), (6.0, 7.0)])
    cues = assemble(text, place, cue_spans(text, place), (), 60.0, tokens=False)
    assert [(cue.start, cue.end) for cue in cues[1:3]] == [(2.0, 4.0), (4.0, 6.0)]


def test_a_method_overrides_cues_that_have_a_place():
    cues = [AlignedCue(0, "a", 1.0, 2.0, score=-1.0), AlignedCue(1, "b", status="not_spoken", reason=NOT_FOUND)]
    override(cues, {0: CueOverride("guess", Span(1.5, 3.0), -2.0), 1: CueOverride("guess", Span(4.0, 5.0), -2.0)})
    assert (cues[0].reason, cues[0].start, cues[0].end, cues[0].score) == ("guess", 1.5, 3.0, -2.0)
    assert (cues[1].reason, cues[1].start) == (NOT_FOUND, None)
    override(cues, {0: CueOverride()})
    assert (cues[0].reason, cues[0].end) == ("guess", 3.0)
