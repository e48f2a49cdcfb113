"""The mel scale and filters of pictures, compared with librosa."""

from __future__ import annotations

import numpy as np
import pytest

from ctcalign.report.pictures.mel import hertz_of, mel_filters, mel_of, mel_power

librosa = pytest.importorskip("librosa")


def test_the_scale_is_slaneys():
    hertz = np.array([0.0, 20.0, 999.0, 1000.0, 1001.0, 4000.0, 22050.0])
    np.testing.assert_allclose(mel_of(hertz), librosa.hz_to_mel(hertz))
    np.testing.assert_allclose(hertz_of(mel_of(hertz)), hertz)


@pytest.mark.parametrize(("rate", "size"), [(16_000, 512), (8_000, 256), (44_100, 1411)])
def test_power_is_that_of_librosa(rate, size):
    np.testing.assert_allclose(
        mel_filters(rate, size, 64), librosa.filters.mel(sr=rate, n_fft=size, n_mels=64), atol=1e-8
    )
    noise = np.random.default_rng(0).normal(0, 0.1, rate).astype(np.float32)
    theirs = librosa.feature.melspectrogram(y=noise, sr=rate, n_fft=size, hop_length=size // 3, n_mels=64, center=False)
    np.testing.assert_allclose(mel_power(noise, rate, size, size // 3, 64), theirs, rtol=1e-3, atol=1e-9)
