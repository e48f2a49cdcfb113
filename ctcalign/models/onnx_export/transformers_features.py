"""Feature extractors of transformers in operations that can be traced, for rows without padding."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from ctcalign.models.onnx_export.log_mel import MelEnergies

_KALDI_SCALE = 2.0**15  # samples as 16-bit integers
_KALDI_FLOOR = 1.192092955078125e-07
_KALDI_PREEMPHASIS = 0.97
_KALDI_EPSILON = 1e-7  # added to the variance
_HOP = 160
_PARAKEET_FLOOR = 2.0**-24
_PARAKEET_EPSILON = 1e-5  # added to the deviation


class KaldiFeatures(nn.Module):
    """Those of Wav2Vec2-BERT: Kaldi's log-mel energies, normalised for each band, two frames side by side.

    Args:
        extractor: transformers' SeamlessM4TFeatureExtractor.
    Source: transformers, feature_extraction_seamless_m4t.py.
    """

    def __init__(self, extractor: Any) -> None:
        super().__init__()
        window = np.asarray(extractor.window, np.float64)
        size = len(window)
        # On the samples of a window: less their mean, pre-emphasis, and the window.
        centred = np.eye(size) - 1 / size
        emphasis = np.eye(size) - _KALDI_PREEMPHASIS * np.eye(size, k=-1)
        emphasis[0, 0] = 1 - _KALDI_PREEMPHASIS
        self.energies = MelEnergies(
            np.diag(window) @ emphasis @ centred, np.asarray(extractor.mel_filters, np.float64), _HOP
        )
        self.stride = int(extractor.stride)

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) -> features (B, T, 80 * stride), and a mask (B, T) in which the last frame is 0 if it is not full."""
        x = (self.energies(waveform * _KALDI_SCALE).clamp(min=_KALDI_FLOOR)).log()
        x = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True) + _KALDI_EPSILON).sqrt()
        batch, frames, bands = x.shape
        missing = -frames % self.stride
        x = nn.functional.pad(x, (0, 0, 0, missing))
        mask = nn.functional.pad(x.new_ones((batch, frames)), (0, missing))
        stacked = x.reshape(batch, -1, bands * self.stride)
        return stacked, mask.reshape(batch, -1, self.stride)[:, :, -1].long()


class ParakeetFeatures(nn.Module):
    """Those of Parakeet: log-mel energies of centred windows, normalised for each band.

    Args:
        extractor: transformers' ParakeetFeatureExtractor.
    Source: transformers, feature_extraction_parakeet.py.
    """

    def __init__(self, extractor: Any) -> None:
        super().__init__()
        filters = np.asarray(extractor.mel_filters, np.float64).T
        self.energies = MelEnergies(np.hanning(int(extractor.win_length)), filters, int(extractor.hop_length))
        self.hop, self.preemphasis = int(extractor.hop_length), extractor.preemphasis
        self.side = int(extractor.win_length) // 2

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) -> features (B, N // hop + 1, bands), and a mask of these frames in which the last is 0."""
        x = waveform
        if self.preemphasis is not None:
            x = x - self.preemphasis * nn.functional.pad(x, (1, 0))[:, :-1]
        x = (self.energies(nn.functional.pad(x, (self.side, self.side))) + _PARAKEET_FLOOR).log()
        inner = x[:, :-1]
        deviation = inner.var(1, keepdim=True).sqrt()
        inner = (inner - inner.mean(1, keepdim=True)) / (deviation + _PARAKEET_EPSILON)
        mask = x.new_ones((x.shape[0], x.shape[1] - 1))
        return nn.functional.pad(inner, (0, 0, 0, 1)), nn.functional.pad(mask, (0, 1)).bool()
