"""Outputs keep the invariants of times, scores and texts, whatever the alignment."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.formats import OUTPUT_FORMATS, render
from ctcalign.formats.shared.repair import repaired
from tests.formats.generated_alignments import alignments

few = settings(max_examples=40, deadline=None)


wild = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(-5, 25))


@st.composite
def broken_alignments(draw):
    cues = []
    for index in range(draw(st.integers(0, 4))):
        words = [
            AlignedWord(f"w{i}", draw(wild), draw(wild), draw(wild), draw(wild)) for i in range(draw(st.integers(0, 4)))
        ]
        for word in words:
            finite = st.floats(allow_nan=True)
            word.tokens = [
                AlignedToken("t", draw(finite), draw(finite), draw(finite)) for _ in range(draw(st.integers(0, 2)))
            ]
        cue = AlignedCue(
            index, " ".join(w.text for w in words), draw(wild), draw(wild), score=draw(wild), confidence=draw(wild)
        )
        cue.words = words
        cue.input_start, cue.input_end = draw(wild), draw(wild)
        cues.append(cue)
    unwritten = [(draw(st.floats()), draw(st.floats()))]
    return Alignment("a.wav", draw(st.sampled_from([20.0, 0.0, -1.0, math.nan, math.inf])), "m", cues, unwritten)


def check_invariants(alignment: Alignment) -> None:
    assert math.isfinite(alignment.duration)
    assert alignment.duration >= 0
    for start, end in alignment.unwritten:
        assert 0 <= start < end <= alignment.duration
    for cue in alignment.cues:
        assert (cue.start is None) == (cue.end is None)
        low, high = (0.0, alignment.duration) if cue.start is None else (cue.start, cue.end)
        assert 0 <= low <= high <= alignment.duration
        at = low
        for word in cue.words:
            assert word.score is None or math.isfinite(word.score)
            assert word.confidence is None or 0 <= word.confidence <= 1
            assert (word.start is None) == (word.end is None)
            if word.start is None:
                assert word.tokens == []
                continue
            assert at <= word.start <= word.end <= high
            at = word.end
            inner = word.start
            for token in word.tokens:
                assert inner <= token.start <= token.end <= word.end
                inner = token.end


@few
@given(broken_alignments())
def test_anything_becomes_valid_and_no_format_crashes(alignment):
    fixed, _ = repaired(alignment)
    check_invariants(fixed)
    assert len(fixed.cues) == len(alignment.cues)
    assert [len(cue.words) for cue in fixed.cues] == [len(cue.words) for cue in alignment.cues]
    assert repaired(fixed) == (fixed, [])
    for name in OUTPUT_FORMATS:
        if name != "lhotse":  # its own test: the import is slow
            render(alignment, name)


@few
@given(alignments())
def test_a_valid_alignment_is_not_touched(alignment):
    assert repaired(alignment) == (alignment, [])


def test_every_repair_has_a_note():
    cue = AlignedCue(
        7, "a b", 9.0, 12.0, words=[AlignedWord("a", 9.5, 9.7), AlignedWord("b", 9.6, 9.4, confidence=1.5)]
    )
    fixed, notes = repaired(Alignment("a.wav", 10.0, "m", [cue]))
    assert (fixed.cues[0].start, fixed.cues[0].end) == (9.0, 10.0)
    assert [(w.start, w.end) for w in fixed.cues[0].words] == [(9.5, 9.6), (9.6, 9.6)]
    text = "\n".join(notes)
    for part in ("outside the recording", "end before they start", "overlap", "confidences", "1 cue, 7"):
        assert part in text


def test_rounding_errors_are_repaired_without_a_note():
    cue = AlignedCue(0, "a", -1e-9, 10.0 + 1e-9, words=[AlignedWord("a", -1e-9, 10.0 + 1e-9)])
    fixed, notes = repaired(Alignment("a.wav", 10.0, "m", [cue]))
    assert notes == []
    assert (fixed.cues[0].start, fixed.cues[0].end) == (0.0, 10.0)


def test_the_input_is_not_changed():
    word = AlignedWord("a", 5.0, 99.0)
    alignment = Alignment("a.wav", 10.0, "m", [AlignedCue(0, "a", 5.0, 99.0, words=[word])])
    repaired(alignment)
    assert (word.end, alignment.cues[0].end) == (99.0, 99.0)


@pytest.mark.parametrize("name", [name for name in OUTPUT_FORMATS if name != "lhotse"])
def test_times_out_of_range_are_repaired(name):
    alignment = Alignment("a.wav", math.inf, "m", [AlignedCue(0, "a", 1.0, 1e305), AlignedCue(1, "b", 2.0, 3.0)])
    alignment.cues[1].input_start, alignment.cues[1].input_end = 0.0, 1e305
    fixed, notes = repaired(alignment)
    assert fixed.duration == 3.0
    assert "duration was inf" in notes[0]
    assert fixed.cues[1].input_end is None
    alignment.cues[1].start = alignment.cues[1].end = None
    render(alignment, name)


def test_lone_surrogates_become_the_replacement_character():
    fixed, notes = repaired(Alignment("a.wav", 1.0, "m", [AlignedCue(0, "a\ud800😀", 0.0, 1.0)]))
    assert fixed.cues[0].text == "a\ufffd😀"
    assert "lone surrogates" in notes[0]
