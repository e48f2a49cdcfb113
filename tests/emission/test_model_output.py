"""Models whose output does not match their description, and arguments out of range."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ctcalign.emission.emission import compute_emission
from ctcalign.errors import ModelError, UsageError
from ctcalign.text.vocabulary import Vocabulary
from tests.emission.emission_cases import RATE, FakeModel, noise


def _model(**changes: object) -> FakeModel:
    model = FakeModel()
    for name, value in changes.items():
        setattr(model, name, value)
    return model


class _Logits(FakeModel):
    def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_probs, frames = super().__call__(waveform, lengths)
        return log_probs + 3, frames


class _Nan(FakeModel):
    def __call__(self, waveform: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_probs, frames = super().__call__(waveform, lengths)
        return log_probs * math.nan, frames


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (_model(frame_shift=0.01), "implies about"),
        (_model(frame_shift=0.04), "implies about"),
        (_model(vocabulary=Vocabulary(("a", "b"))), "5 columns but its vocabulary has 2 symbols"),
        (_Logits(), "apply log_softmax"),
        (_Nan(), "returns NaN in the window at 0.0 s"),
        (_model(frame_shift=0.0123456), "not a whole number of samples"),
        (_model(frame_shift=20), "frame_shift: got 20, expected the seconds between two frames"),
        (_model(frame_shift=0), "frame_shift: got 0, expected the seconds"),
        (_model(frame_shift=math.nan), "frame_shift: got nan, expected the seconds"),
    ],
)
def test_output_that_does_not_match_the_description(model: FakeModel, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        compute_emission(model, noise(RATE * 20), window=5.0)


@pytest.mark.parametrize("window", [0.0, -1.0, math.nan, math.inf, 0.3])
def test_windows_out_of_range(window: float) -> None:
    with pytest.raises(UsageError, match="window: "):
        compute_emission(FakeModel(), noise(RATE), window=window)


def test_arguments_out_of_range() -> None:
    with pytest.raises(UsageError, match="batch_size: expected 1 or more, got 0"):
        compute_emission(FakeModel(), noise(RATE), batch_size=0)
    with pytest.raises(UsageError, match="channel: an emission needs one channel, got 2"):
        compute_emission(FakeModel(), [np.zeros((2, 100), dtype=np.float32)])
