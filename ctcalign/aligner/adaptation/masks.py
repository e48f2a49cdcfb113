"""Masks of inputs: stretches of time, and bands of features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ctcalign.aligner.adaptation.examples import Example
from ctcalign.models.training.inputs import InputMaker

COUNT = 2  # masks of each kind
BANDS = 0.25  # of all bands, at most in one mask
NOISE = 0.1  # of the deviation of a waveform
SECONDS, SHARE = 0.5, 0.1  # of the utterance, at most in one mask


def masked(example: Example, inputs: InputMaker, rng: np.random.Generator) -> Tensor:
    """The input with masks: soft noise in a waveform, the mean of each band in features.

    Masks are not zeros: zeros give infinite gradients in layer norms after convolutions without a bias, as in the large
    wav2vec 2.0.

    Source: Park et al. 2019, SpecAugment, without time warping.
    """
    given = example.input
    most = min(SECONDS / max(example.seconds, SECONDS), SHARE)
    time = _mask(len(given), most, rng)
    if inputs.waveform:
        noise = torch.from_numpy(rng.standard_normal(len(given), np.float32))
        return torch.where(time, NOISE * given.std() * noise, given)
    bands = _mask(given.shape[1], BANDS, rng)
    return torch.where(time[:, None] | bands, given.mean(0, keepdim=True), given)


def _mask(size: int, most: float, rng: np.random.Generator) -> Tensor:
    mask = torch.zeros(size, dtype=torch.bool)
    for _ in range(COUNT):
        width = int(rng.integers(int(most * size) + 1))
        first = int(rng.integers(size - width + 1))
        mask[first : first + width] = True
    return mask
