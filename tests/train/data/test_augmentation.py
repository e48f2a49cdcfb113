"""Speed, noise and masks of augmentation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ctcalign.train.data.augmentation import SpecAugment, at_speed, masked, with_noise


def test_speed_noise_and_masks():
    samples = np.sin(np.arange(16_000) / 10).astype(np.float32)
    assert len(at_speed(samples, 1.25)) == pytest.approx(12_800, abs=2)
    noise = np.random.default_rng(0).normal(0, 0.3, 5_000).astype(np.float32)
    added = with_noise(samples, noise, 10.0, 123) - samples
    ratio = np.square(samples).mean() / np.square(added).mean()
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=0.01)
    features = torch.randn(200, 80)
    hidden = masked(features, SpecAugment(2, 10, 2, 0.2, 30), np.random.default_rng(3))
    changed = hidden != features
    assert 0 < int(changed.all(1).sum()) <= 60  # whole frames
    assert 0 < int(changed.all(0).sum()) <= 20  # whole bands
    filled = torch.where(changed, hidden, torch.nan)
    torch.testing.assert_close(filled.nanmean(0)[changed.any(0)], features.mean(0)[changed.any(0)])
    assert torch.equal(masked(features, SpecAugment(0, 0, 0), np.random.default_rng(3)), features)
