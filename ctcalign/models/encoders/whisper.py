"""The encoder of Whisper: two convolutions and layers of self-attention over at most 30 seconds."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.builtin.config import WHISPER_CONTEXT
from ctcalign.models.encoders.base import Encoder, at_least, inside
from ctcalign.models.features.scale import MELS


class WhisperEncoder(Encoder):
    """Two convolutions, the second with stride 2, sinusoids as positions, and layers of self-attention.

    An output frame of 20 ms depends on the whole input, which has at most `positions` output frames. Padding changes
    nothing: it is masked after each convolution and in the attention.

    Args:
        dim: width.  layers: number of layers.  heads: number of attention heads.
        hidden: inner width of the feed-forward parts.
        positions: largest number of output frames of an input; 1500 are 30 seconds.
        dropout: in [0, 1), after attention and feed-forward parts.
    Raises:
        UsageError: sizes that do not fit.
    Source: Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak Supervision (arXiv:2212.04356).
    """

    name = "whisper"
    features = "whisper"
    shift_invariant = False
    useful_context = WHISPER_CONTEXT

    def __init__(
        self,
        dim: int = 384,
        layers: int = 4,
        heads: int = 6,
        hidden: int = 1536,
        positions: int = 1500,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        at_least(1, dim=dim, layers=layers, heads=heads, hidden=hidden, positions=positions)
        if dim % (2 * heads):
            raise UsageError(f"dim: got {dim}, expected a multiple of twice the {heads} heads")
        self.options = {
            "dim": dim,
            "layers": layers,
            "heads": heads,
            "hidden": hidden,
            "positions": positions,
            "dropout": dropout,
        }
        self.dim, self.subsampling, self.longest_frames = dim, 2, 2 * positions
        self.look_ahead_frames = self.look_behind_frames = None
        self.conv1 = nn.Conv1d(MELS, dim, 3, padding=1)
        self.conv2 = nn.Conv1d(dim, dim, 3, stride=2, padding=1)
        self.positions = nn.Parameter(_sinusoids(positions, dim))
        self.layers = nn.ModuleList(_Layer(dim, heads, hidden, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, 80), (B,) -> (B, ceil(T / 2), dim), (B,).

        Raises:
            UsageError: the input has more frames than positions.
        """
        mask = inside(lengths, features.shape[1]).to(features)[:, None]
        x = nn.functional.gelu(self.conv1(features.transpose(1, 2) * mask)) * mask
        x = nn.functional.gelu(self.conv2(x)).transpose(1, 2)
        lengths = self.output_lengths(lengths)
        if x.shape[1] > len(self.positions):
            raise UsageError(
                f"the encoder takes {len(self.positions) * 2 / 100:g} s at most, got {features.shape[1] / 100:g} s; "
                "set data.longest in training and --window in alignment, or cut the audio"
            )
        valid = inside(lengths, x.shape[1])
        x = x + self.positions[: x.shape[1]].to(x)
        # A frame of padding attends to the valid frames as well; an empty utterance to itself.
        seen = (valid | ~valid.any(1, keepdim=True))[:, None, None]
        for layer in self.layers:
            x = layer(x, seen)
        return self.norm(x) * valid.to(x)[:, :, None], lengths


class _Layer(nn.Module):
    """Self-attention and a feed-forward part, each after a layer norm and around a residual connection."""

    def __init__(self, dim: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query_key_value, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.expand, self.contract = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """(B, T, D), mask (B, 1, 1, T) of the frames that can be attended to -> (B, T, D)."""
        batch, frames, dim = x.shape
        parts = self.query_key_value(self.attention_norm(x)).reshape(batch, frames, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        x = x + self.dropout(self.out(attended.transpose(1, 2).reshape(batch, frames, dim)))
        y = self.contract(nn.functional.gelu(self.expand(self.forward_norm(x))))
        found: Tensor = x + self.dropout(y)
        return found


def _sinusoids(positions: int, dim: int) -> Tensor:
    rates = torch.exp(-math.log(10_000.0) / (dim // 2 - 1) * torch.arange(dim // 2)) if dim > 2 else torch.ones(1)
    angles = torch.arange(positions)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], 1)
