"""Text that is spoken more often than written, or written more often than spoken, has its other places listed."""

from __future__ import annotations

import pytest

from ctcalign.aligner.run import align
from ctcalign.alignment.alignment import Alignment
from tests.aligner.graph.test_old_times import CHORUS, SONG, song  # noqa: F401  # a fixture
from tests.aligner.tones import ToneModel


def test_a_chorus_written_once_and_sung_twice(song):  # noqa: F811
    path, times = song
    found = align(path, [text for number, text in enumerate(SONG) if number != 3], ToneModel())
    alternatives = {cue.index: cue.alternatives for cue in found.cues if cue.alternatives}
    assert list(alternatives) == [1]
    ((start, end),) = alternatives[1]
    # One of the two places is taken, the other one is listed.
    other = times[3] if found.cues[1].start < times[2][0] else times[1]
    assert (start, end) == pytest.approx(other, abs=0.15)
    assert any("1 cue may be spoken elsewhere as well (1)" in text for text in found.warnings)
    assert Alignment.from_dict(found.to_dict()).cues[1].alternatives == alternatives[1]


def test_a_sentence_written_twice_and_spoken_once(song):  # noqa: F811
    path, times = song
    found = align(path, [SONG[0], SONG[0], *SONG[1:]], ToneModel())
    assert found.cues[1].status == "not_spoken"
    assert found.cues[1].alternatives == [(found.cues[0].start, found.cues[0].end)]
    assert found.cues[0].start == pytest.approx(times[0][0], abs=0.15)


def test_text_written_as_often_as_spoken_has_no_other_place(song):  # noqa: F811
    found = align(song[0], SONG, ToneModel())
    assert [cue.alternatives for cue in found.cues] == [[]] * len(SONG)
    assert found.warnings == []


def test_other_speech_is_no_repeat(song):  # noqa: F811
    found = align(song[0], [SONG[0], CHORUS, CHORUS, SONG[4]], ToneModel())
    assert len(found.unwritten) == 1
    assert [cue.alternatives for cue in found.cues] == [[]] * 4
