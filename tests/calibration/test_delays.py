"""Delays of symbols and biases of boundaries, against ground truth that is moved by a known amount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctcalign.calibration.delays import Offsets, offsets
from ctcalign.errors import UsageError
from tests.calibration.made_up import MadeUpModel, transcribed


def test_offsets_are_found():
    emission, utterances = transcribed(4)
    late = [replace(u, start=u.start - 0.1, end=u.end - 0.1) for u in utterances]
    plain = offsets(emission, utterances, MadeUpModel(), "en").medians()
    moved = offsets(emission, late, MadeUpModel(), "en").medians()
    assert moved["spike_delay"] - plain["spike_delay"] == pytest.approx(0.1, abs=0.001)
    assert moved["start_bias"] - plain["start_bias"] == pytest.approx(0.1, abs=0.001)
    assert moved["cues"] == len(utterances)


def test_spikes_of_words_replace_those_of_cues():
    total = Offsets([0.3], [0.1], [0.2])
    total.add(Offsets([0.05, 0.07, 0.06], [0.1], [0.2], from_words=True))
    total.add(Offsets([0.9], [0.4], [0.5]))
    assert total.medians() == {
        "spike_delay": 0.06,
        "spike_delay_p10": 0.052,
        "spike_delay_p90": 0.068,
        "start_bias": 0.1,
        "end_bias": 0.2,
        "spikes": 3,
        "cues": 3,
    }


def test_no_placed_cue_is_an_error():
    with pytest.raises(UsageError, match="no word or cue was aligned near its true time"):
        Offsets([], [], []).medians()
