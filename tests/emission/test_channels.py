"""The emission of a recording: what its warnings are."""

from __future__ import annotations

from pathlib import Path

import soundfile as sf

from ctcalign.emission.channels import open_emission
from ctcalign.emission.options import EmissionOptions
from tests.emission.emission_cases import RATE, FakeModel, noise


def test_warnings_of_the_model_are_those_of_the_recording(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(RATE) / 10, RATE)
    model = FakeModel()
    with open_emission(tmp_path / "a.wav", model, EmissionOptions(), "cpu") as opened:
        assert opened.warnings == []
    model.warnings = ["its blank is not sure"]
    with open_emission(tmp_path / "a.wav", model, EmissionOptions(), "cpu") as opened:
        assert opened.warnings == ["its blank is not sure"]
