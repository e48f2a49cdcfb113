"""A chunked encoder for streaming: its output chunk by chunk equals its output for the whole utterance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.encoders.base import Encoder, Stem, at_least, inside
from ctcalign.models.features.scale import MELS


@dataclass(frozen=True)
class StreamState:
    """The state of a stream between chunks; see `StreamingEncoder.step`.

    Attributes:
        frames: output frames so far.
        features: the last feature frames, (B, subsampling, 80).
        keys, values: of each layer, for the frames that later chunks attend to, (B, H, S, D / H).
        convolved: of each layer, the last inputs of its convolution, (B, kernel - 1, D).
    """

    frames: int
    features: Tensor
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    convolved: tuple[Tensor, ...]


class StreamingEncoder(Encoder):
    """Layers of chunked attention, causal convolution and a feed-forward part, each after a layer norm.

    A frame attends to its own chunk and to `left_chunks` chunks before it; convolutions are causal. Positions are
    rotations of queries and keys (Su et al. 2021), so only distances matter.

    Args:
        dim: width; dim / heads is even.  layers: number of layers.  heads: number of attention heads.
        hidden: inner width of the feed-forward parts.
        kernel: width of the causal convolutions in frames.
        chunk: output frames of a chunk; the first of them depends on chunk - 1 later ones.
        left_chunks: chunks before its own that a frame attends to.
        subsampling: feature frames (10 ms) per output frame.
        dropout: in [0, 1).
    Raises:
        UsageError: sizes that do not fit.
    """

    name = "streaming"
    shift_invariant = False

    def __init__(
        self,
        dim: int = 144,
        layers: int = 6,
        heads: int = 4,
        hidden: int = 576,
        kernel: int = 9,
        chunk: int = 8,
        left_chunks: int = 4,
        subsampling: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        at_least(1, dim=dim, layers=layers, heads=heads, hidden=hidden, kernel=kernel, chunk=chunk)
        at_least(1, subsampling=subsampling)
        at_least(0, left_chunks=left_chunks)
        if dim % (2 * heads):
            raise UsageError(f"dim: got {dim}, expected a multiple of twice the {heads} heads")
        self.options = {
            "dim": dim,
            "layers": layers,
            "heads": heads,
            "hidden": hidden,
            "kernel": kernel,
            "chunk": chunk,
            "left_chunks": left_chunks,
            "subsampling": subsampling,
            "dropout": dropout,
        }
        self.dim, self.subsampling, self.chunk, self.left_chunks = dim, subsampling, chunk, left_chunks
        self.heads, self.width, self.kernel = heads, dim // heads, kernel
        self.look_ahead_frames = (chunk - 1) * subsampling
        self.look_behind_frames = (layers * ((left_chunks + 1) * chunk - 1 + kernel - 1) + 1) * subsampling
        self.stem = Stem(MELS, dim, subsampling)
        self.layers = nn.ModuleList(_Layer(dim, heads, hidden, kernel, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, 80), (B,) -> (B, T', dim), (B,): the whole utterance at once, with a mask of chunks."""
        x = self.stem(features * inside(lengths, features.shape[1]).to(features)[:, :, None])
        lengths = self.output_lengths(lengths)
        valid = inside(lengths, x.shape[1])
        place = torch.arange(x.shape[1], device=x.device)
        chunk = place // self.chunk
        behind = chunk[:, None] - chunk[None]
        seen = ((behind >= 0) & (behind <= self.left_chunks))[None] & valid[:, None]
        # A frame of padding attends to itself, so that its softmax is not over an empty set.
        seen = (seen | (place[:, None] == place[None]))[:, None]
        angles = _angles(0, x.shape[1], self.width, x)
        mask = valid.to(x)[:, :, None]
        x = x * mask
        for layer in self.layers:
            x = layer(x, angles, seen, mask)[0]
        return self.norm(x) * mask, lengths

    def initial_state(self, batch: int = 1) -> StreamState:
        """The state before the first chunk."""
        like = self.norm.weight
        empty = tuple(like.new_zeros((batch, self.heads, 0, self.width)) for _ in self.layers)
        before = tuple(like.new_zeros((batch, self.kernel - 1, self.dim)) for _ in self.layers)
        return StreamState(0, like.new_zeros((batch, self.subsampling, MELS)), empty, empty, before)

    def step(self, features: Tensor, state: StreamState) -> tuple[Tensor, StreamState]:
        """One chunk of a stream.

        Args:
            features: the next chunk * subsampling frames, (B, chunk * subsampling, 80); the last may be shorter.
        Returns:
            Hidden frames (B, ceil(frames / subsampling), dim), and the state for the next chunk.
        Raises:
            UsageError: `features` has more frames than a chunk, or follows a shorter chunk.
        """
        most = self.chunk * self.subsampling
        if features.shape[1] > most or state.frames % self.chunk:
            raise UsageError(
                f"features: expected {most} frames per chunk (fewer only in the last), got {features.shape[1]} "
                f"after {state.frames} output frames"
            )
        x = self.stem(features, state.features)
        angles = _angles(state.frames, x.shape[1], self.width, x)
        keep = self.left_chunks * self.chunk
        mask = x.new_ones((1, x.shape[1], 1))
        keys, values, convolved = [], [], []
        for layer, *past in zip(self.layers, state.keys, state.values, state.convolved, strict=True):
            x, (key, value, before) = layer(x, angles, None, mask, past)
            keys.append(key[:, :, max(0, key.shape[2] - keep) :])
            values.append(value[:, :, max(0, value.shape[2] - keep) :])
            convolved.append(before)
        previous = torch.cat([state.features, features], 1)[:, -self.subsampling :]
        frames = state.frames + x.shape[1]
        return self.norm(x), StreamState(frames, previous, tuple(keys), tuple(values), tuple(convolved))


class _Layer(nn.Module):
    def __init__(self, dim: int, heads: int, hidden: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.kernel, self.width = heads, kernel, dim // heads
        self.attention_norm, self.convolution_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.forward_norm = nn.LayerNorm(dim)
        self.query_key_value, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.depthwise = nn.Conv1d(dim, dim, kernel, groups=dim)
        self.pointwise = nn.Linear(dim, dim)
        self.expand, self.contract = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, angles: Tensor, seen: Tensor | None, mask: Tensor, past: list[Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor]]:
        """(B, T, D) -> (B, T, D), and keys, values and inputs of the convolution, preceded by those of the past."""
        batch, frames, dim = x.shape
        parts = self.query_key_value(self.attention_norm(x)).reshape(batch, frames, 3, self.heads, self.width)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        query, key = _rotated(query, angles), _rotated(key, angles)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        weights = query @ key.transpose(2, 3) / math.sqrt(self.width)
        if seen is not None:
            weights = weights.masked_fill(~seen, -math.inf)
        attended = (weights.softmax(-1) @ value).transpose(1, 2).reshape(batch, frames, dim)
        x = x + self.dropout(self.out(attended))
        # The bias of the norm makes padding nonzero: mask it before the convolution.
        inputs = self.convolution_norm(x) * mask
        before = inputs.new_zeros((batch, self.kernel - 1, dim)) if past is None else past[2]
        inputs = torch.cat([before, inputs], 1)
        y = nn.functional.silu(self.depthwise(inputs.transpose(1, 2)).transpose(1, 2))
        x = x + self.dropout(self.pointwise(y))
        y = self.contract(self.dropout(nn.functional.silu(self.expand(self.forward_norm(x)))))
        return (x + self.dropout(y)) * mask, (key, value, inputs[:, inputs.shape[1] - self.kernel + 1 :])


def _angles(first: int, frames: int, width: int, like: Tensor) -> Tensor:
    """Rotation angles of the frames from `first` on, in radians, (frames, width / 2)."""
    rates = 10_000.0 ** (-torch.arange(0, width, 2, device=like.device, dtype=torch.float32) / width)
    place = torch.arange(first, first + frames, device=like.device, dtype=torch.float32)
    return (place[:, None] * rates).to(like)


def _rotated(x: Tensor, angles: Tensor) -> Tensor:
    """Rotate pairs of columns of (B, H, T, D)."""
    cosine, sine = angles.cos(), angles.sin()
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)
