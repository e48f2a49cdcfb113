"""Speech that no cue covers, in emissions of known text."""

from __future__ import annotations

import pytest

from ctcalign.aligner.placing.uncaptioned_speech import recognised_speech, uncaptioned_speech
from tests.aligner.spelled_emissions import Talk


def test_speech_outside_of_the_cues_is_listed_in_order():
    made = Talk().pause(1.0)
    for _ in range(4):
        made.cue(made.sentence(4))
        made.pause(1.5)
    emission, times = made.emission(), made.times
    assert uncaptioned_speech(emission, times) == []
    for missing in range(4):
        covered = [time for number, time in enumerate(times) if number != missing]
        ((start, end),) = uncaptioned_speech(emission, covered[::-1])
        assert (start, end) == pytest.approx(times[missing], abs=0.15)
    assert len(uncaptioned_speech(emission, [])) == 4


def test_a_stray_symbol_is_no_speech():
    made = Talk().pause(2.0)
    made.say("ab")
    assert recognised_speech(made.pause(2.0).emission(), 0.0, 4.0) == []


def test_silence_is_no_speech():
    assert recognised_speech(Talk().pause(3.0).emission(sure=0.99), 0.0, 3.0) == []
