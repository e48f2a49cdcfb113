"""The network of the built-in models: log-mel frames to output frames of 20 ms, two per trunk frame of 40 ms."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from ctcalign.models.builtin.config import FEATURE_SCALE, NetworkConfig
from ctcalign.models.features.scale import MELS
from ctcalign.models.features.tensors import subtract_past_mean, subtract_running_mean


class Block(nn.Module):
    """Depthwise convolution over time and two pointwise layers without a gate, with a residual connection."""

    def __init__(self, config: NetworkConfig, right: int) -> None:
        super().__init__()
        dim, hidden = config.dim, config.dim * config.expansion
        self.padding = (config.kernel - 1 - right, right)
        self.depthwise = nn.Conv1d(dim, dim, config.kernel, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, hidden)
        self.contract = nn.Linear(hidden, dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) and (B, T, 1) -> (B, T, D); frames outside the mask are zero on both sides."""
        y = self.depthwise(nn.functional.pad(x.transpose(1, 2), self.padding)).transpose(1, 2)
        y = self.contract(nn.functional.silu(self.expand(self.norm(y))))
        found: Tensor = (x + y) * mask
        return found


def _inside(lengths: Tensor, frames: int) -> Tensor:
    """True for the frames of each utterance, False for its padding. (B,) -> (B, frames)."""
    return torch.arange(frames, device=lengths.device)[None] < lengths[:, None]


class Network(nn.Module):
    """Convolutional CTC network with bounded context: a layer covers a fixed number of frames on either side."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stem1 = nn.Conv2d(1, config.stem, 3, stride=2, padding=1)
        self.stem2 = nn.Conv2d(config.stem, 2 * config.stem, 3, stride=2, padding=1)
        self.enter = nn.Linear(2 * config.stem * MELS // 4, config.dim)
        self.blocks = nn.ModuleList(Block(config, right) for right in config.right_contexts)
        self.norm = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, 2 * config.symbols)
        self.middle = nn.Linear(config.dim, 2 * config.symbols) if config.phones else None
        self.phone = nn.Linear(config.dim, config.phones) if config.phones else None

    def normalised(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Log-mel features without their running mean, which a network with a given look-ahead takes from the past."""
        subtract = subtract_running_mean if self.config.look_ahead is None else subtract_past_mean
        return subtract(features, lengths) / FEATURE_SCALE

    def trunk(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the last and the middle activations (B, T', D) and the lengths (B,) in trunk frames of 40 ms."""
        x = self.normalised(features, lengths)
        x = nn.functional.silu(self.stem1(x[:, None]))
        # Biases make the padding nonzero: clear it, so that a batch equals its utterances one by one.
        x = x * _inside((lengths + 1) // 2, x.shape[2]).to(x)[:, None, :, None]
        lengths = (lengths + 3) // 4
        x = nn.functional.silu(self.stem2(x))
        x = self.enter(x.permute(0, 2, 1, 3).flatten(2))
        mask = _inside(lengths, x.shape[1]).to(x)[:, :, None]
        x = middle = x * mask
        for number, block in enumerate(self.blocks, start=1):
            x = block(x, mask)
            if number == self.config.auxiliary:
                middle = x
        return self.norm(x), middle, lengths

    def frames(self, logits: Tensor) -> Tensor:
        """(B, T', 2 C) -> log-probabilities (B, 2 T', C)."""
        batch, time, _ = logits.shape
        return logits.reshape(batch, 2 * time, self.config.symbols).float().log_softmax(-1)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel features to log-probabilities.

        Args:
            features: natural-log mel energies. Shape (B, T, 80), 10 ms per frame.
            lengths: frames of each utterance. Shape (B,).
        Returns:
            Log-probabilities, shape (B, 2 * ceil(T / 4), C), 20 ms per frame; lengths (B,), at most ceil(T / 2).
        """
        last, _, trunk_lengths = self.trunk(features, lengths)
        return self.frames(self.head(last)), torch.minimum(2 * trunk_lengths, (lengths + 1) // 2)


def with_look_ahead(network: Network, config: NetworkConfig) -> Network:
    """A network with less look-ahead, from the weights of another one: a place to start training from.

    Each convolution keeps its taps for the frames that it may still see; those for frames further in the past are zero.

    Args:
        config: that of `network` but for `look_ahead`.
    """
    streaming = Network(config)
    weights = network.state_dict()
    for number, blocks in enumerate(zip(network.blocks, streaming.blocks, strict=True)):
        before, after = cast("tuple[Block, Block]", blocks)
        name = f"blocks.{number}.depthwise.weight"
        shift = before.padding[1] - after.padding[1]  # frames by which the kernel moves into the past
        moved = torch.zeros_like(weights[name])
        if shift >= 0:
            moved[..., shift:] = weights[name][..., : config.kernel - shift]
        else:
            moved[..., :shift] = weights[name][..., -shift:]
        weights[name] = moved
    streaming.load_state_dict(weights)
    return streaming


def with_new_blocks(network: Network, count: int) -> Network:
    """A network whose last blocks, last norm and output layer have new random weights, the same ones in every call.

    Args:
        count: number of new blocks, 0 to all.
    """
    config = network.config
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        fresh = Network(config)
    kept = ("stem1.", "stem2.", "enter.", *(f"blocks.{number}." for number in range(config.blocks - count)))
    fresh.load_state_dict(
        {name: one for name, one in network.state_dict().items() if name.startswith(kept)}, strict=False
    )
    return fresh
