"""What pictures are made of: excerpts hold exactly their samples, spectrograms and emissions lie at their times."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

from ctcalign.errors import UsageError
from ctcalign.report.pictures import recording
from ctcalign.report.pictures.recording import Excerpt, emission_image, mel_spectrogram, read_excerpt
from ctcalign.text.vocabulary import Vocabulary

RATE = 16_000


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    sf.write(path, np.linspace(-0.9, 0.9, 25 * RATE).astype(np.float32), RATE, subtype="FLOAT")
    return path


@pytest.mark.parametrize(("start", "end"), [(0.0, None), (3.0, 7.5), (9.5, 20.25), (24.0, 90.0)])
def test_an_excerpt_holds_exactly_its_samples(talk, start, end):
    whole, _ = sf.read(talk, dtype="float32")
    part, warnings = read_excerpt(talk, start, end, RATE, "mix")
    assert warnings == ([f"{talk}: the recording ends at 25.00 s, before --end 90"] if end == 90 else [])
    assert part.start == start
    np.testing.assert_array_equal(part.samples, whole[round(start * RATE) : None if end is None else round(end * RATE)])


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1.0, None), (5.0, 5.0), (26.0, None), (math.nan, None), (math.inf, None), (1e300, None), (0.0, math.nan)],
)
def test_an_excerpt_outside_of_the_recording_is_refused(talk, start, end):
    with pytest.raises(UsageError, match="start"):
        read_excerpt(talk, start, end, RATE, "mix")


class Loudness:
    """A model of two symbols: the second is as likely as the frame's mean sample, moved to [0, 1]."""

    name, frame_shift, sample_rate, context, spike_delay, language, licence = (
        "loudness",
        0.1,
        RATE,
        0.0,
        0.0,
        None,
        "CC0",
    )
    vocabulary = Vocabulary(("-", "x"))

    def __call__(self, waveform, lengths):
        frames = waveform[:, : waveform.shape[1] // 1600 * 1600].reshape(len(waveform), -1, 1600).mean(-1)
        likely = (frames + 1) / 2
        return torch.stack([1 - likely, likely], -1).log(), lengths // 1600


@pytest.mark.parametrize("start", [0.0, 8.0])
def test_the_emission_of_an_excerpt_lies_at_its_time(talk, start):
    part, _ = read_excerpt(talk, start, start + 10, RATE, "mix")
    image = emission_image(Loudness(), talk, part, "mix")
    assert image.start == pytest.approx(start)
    assert image.probabilities.shape == (100, 2)
    assert image.symbols == ("∅", "x")
    np.testing.assert_allclose(image.probabilities[:, 1] * 2 - 1, part.samples.reshape(-1, 1600).mean(1), atol=2e-3)


def tone(hertz: float, begin: float, seconds: float) -> Excerpt:
    """Silence until `begin`, then a tone."""
    time = np.arange(round(seconds * RATE)) / RATE
    return Excerpt(np.where(time < begin, 0.0, np.sin(2 * np.pi * hertz * time)).astype(np.float32), RATE, 10.0)


def slaney_mel(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) / (np.log(6.4) / 27)


@pytest.mark.parametrize("hertz", [500.0, 1000.0, 3000.0])
def test_a_tone_is_at_its_mel_and_time(hertz):
    mel = mel_spectrogram(tone(hertz, 1.0, 2.0))
    assert (mel.decibels.shape[1], mel.step, mel.start, mel.highest) == (200, 0.01, 10.0, 8000.0)
    assert mel.decibels.max() == pytest.approx(0.0, abs=1e-5)
    band = int(mel.decibels[:, 150].argmax())
    expected = slaney_mel(hertz) / slaney_mel(8000.0) * (recording.MELS + 1) - 1  # centres of MELS triangles
    assert abs(band - expected) <= 1
    loud = mel.decibels.max(axis=0) > -6
    assert loud[103:].all()
    assert not loud[:98].any()


def test_blocks_change_nothing(monkeypatch):
    noise = Excerpt(np.random.default_rng(0).normal(0, 0.1, 3 * RATE + 123).astype(np.float32), RATE, 0.0)
    whole = mel_spectrogram(noise)
    monkeypatch.setattr(recording, "MEL_BLOCK", 0.5)
    np.testing.assert_allclose(mel_spectrogram(noise).decibels, whole.decibels, atol=1e-3)


def test_a_coarse_column_is_the_mean_power_of_its_frames():
    excerpt = Excerpt(np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32), RATE, 0.0)
    fine, coarse = mel_spectrogram(excerpt), mel_spectrogram(excerpt, 0.2)
    assert (coarse.decibels.shape[1], coarse.step) == (10, 0.2)
    power = (10 ** (fine.decibels / 10)).reshape(recording.MELS, 10, 20).mean(-1)
    np.testing.assert_allclose(coarse.decibels, 10 * np.log10(power / power.max()), atol=1e-3)


def test_silence_is_not_drawn_as_loud():
    assert mel_spectrogram(Excerpt(np.zeros(RATE, np.float32), RATE, 0.0)).decibels.max() <= -40
    assert mel_spectrogram(Excerpt(np.zeros(1, np.float32), RATE, 0.0)).decibels.shape == (recording.MELS, 1)
