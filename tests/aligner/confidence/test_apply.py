"""What cannot be had is told before anything is heard."""

from __future__ import annotations

import pytest

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.errors import CalibrationError, UsageError
from tests.aligner.tones import ToneModel


class Deaf(ToneModel):
    def __call__(self, waveform, lengths):
        raise AssertionError("nobody should have listened")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"score": "confidence"}, UsageError, "tones has no calibration"),
        ({"score": "loudness"}, UsageError, "score: got 'loudness'"),
        ({"calibration": "nowhere.json"}, CalibrationError, "nowhere.json: cannot be read"),
    ],
)
def test_before_the_wait(tmp_path, options, error, said):
    with pytest.raises(error, match=said):
        ctcalign.align(tmp_path / "none.wav", ["some words"], Deaf(), options=AlignOptions(**options))
