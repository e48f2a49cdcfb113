"""Frontend, encoder and output layer as one network from log-mel frames to log-probabilities."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE, WINDOW_SAMPLES

FEATURE_SHIFT = HOP_SAMPLES / SAMPLE_RATE
# Seconds that the window of a log-mel frame extends beyond the 10 ms of the frame.
_WINDOW_TAIL = (WINDOW_SAMPLES - HOP_SAMPLES) / 2 / SAMPLE_RATE


class CtcNetwork(nn.Module):
    """A recogniser without its features.

    Args:
        frontend: normalises the features; None: the encoder takes them as they are.
        encoder: the hidden layers.  symbols: number of output symbols.
    """

    def __init__(self, frontend: Frontend | None, encoder: Encoder, symbols: int) -> None:
        super().__init__()
        self.frontend = frontend
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, symbols)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T, 80) and lengths (B,) -> log-probabilities (B, T', C), float32, and lengths (B,)."""
        features = features if self.frontend is None else self.frontend(features, lengths)
        hidden, lengths = self.encoder(features, lengths)
        logits = self.head(hidden)
        return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1), lengths

    @property
    def frame_shift(self) -> float:
        """Seconds between output frames."""
        return self.encoder.subsampling * FEATURE_SHIFT

    @property
    def look_ahead(self) -> float | None:
        """Seconds of audio after the end of an output frame on which it depends; None: the whole recording."""
        ahead = self.encoder.look_ahead_frames
        if ahead is None:
            return None
        mean = 0 if self.frontend is None else self.frontend.mean_right
        # The running mean of the last frame that the encoder uses extends beyond that frame.
        return (ahead + mean) * FEATURE_SHIFT + _WINDOW_TAIL

    @property
    def context(self) -> float | None:
        """Seconds on either side that an output frame depends on; if on everything: what a window needs, or None."""
        ahead, behind = self.encoder.look_ahead_frames, self.encoder.look_behind_frames
        if ahead is None or behind is None or not self.encoder.shift_invariant:
            return self.encoder.useful_context
        left, right = (0, 0) if self.frontend is None else (self.frontend.mean_left, self.frontend.mean_right)
        furthest = max(ahead + right, behind + left) + self.encoder.subsampling
        return furthest * FEATURE_SHIFT + WINDOW_SAMPLES / SAMPLE_RATE

    def description(self) -> dict[str, Any]:
        """The configuration from which a checkpoint rebuilds the network, without the number of symbols."""
        return {
            "frontend": None
            if self.frontend is None
            else {"mean_left": self.frontend.mean_left, "mean_right": self.frontend.mean_right},
            "encoder": self.encoder.name,
            "options": self.encoder.options,
        }
