"""Spans and the clock of frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.alignment.cue import Cue, CueWord
from ctcalign.spans import FrameClock, Span


def test_a_span_is_a_pair():
    start, end = Span(1.0, 2.5)
    assert Span(1.0, 2.5) == (start, end) == (1.0, 2.5)
    assert Span(1.0, 2.5).duration == 1.5


def test_a_span_needs_both_times():
    assert Span.of(0.0, 0.0) == (0.0, 0.0)
    assert Span.of(None, 1.0) is Span.of(1.0, None) is Span.of(None, None) is None


@pytest.mark.parametrize("noun", [Cue(0, "a", 1.0, 2.0), CueWord("a", 1.0, 2.0), AlignedCue(0, "a", 1.0, 2.0),
                                  AlignedWord("a", 1.0, 2.0)])  # fmt: skip
def test_cues_and_words_have_a_span_where_they_have_both_times(noun):
    assert noun.span == Span(1.0, 2.0)
    assert replace(noun, end=None).span is None


@pytest.mark.parametrize(
    ("other", "common"), [((0.0, 1.0), 0.0), ((2.0, 9.0), 1.0), ((1.5, 2.0), 0.5), ((0.0, 9.0), 2.0), ((3.0, 4.0), 0.0)]
)
def test_overlap_is_symmetric_and_never_negative(other, common):
    assert Span(1.0, 3.0).overlap(other) == Span(*other).overlap((1.0, 3.0)) == common


@given(frame=st.integers(-(10**6), 10**6), shift=st.floats(0.001, 0.2), offset=st.floats(-1, 1))
def test_frames_survive_the_way_through_seconds(frame, shift, offset):
    clock = FrameClock(shift, offset)
    assert clock.frame(clock.seconds(frame)) == frame


def test_frames_of_a_span_are_clipped_to_the_emission():
    clock = FrameClock(0.02, 0.01, frame_count=50)
    assert clock.frames((0.01, 0.21)) == (0, 10)
    assert clock.frames((-3.0, 99.0)) == (0, 50)
    assert clock.frames((5.0, 6.0)) == (50, 50)
    assert clock.span(0, 10) == (0.01, pytest.approx(0.21))
    assert clock.count(0.1) == 5
