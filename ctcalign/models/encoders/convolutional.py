"""A convolutional encoder with a given look-ahead in frames: of the family of Jasper, TDS and ConvNeXt."""

from __future__ import annotations

from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.encoders.base import Encoder, Stem, at_least, inside
from ctcalign.models.features.scale import MELS


class ConvEncoder(Encoder):
    """Residual blocks of a depthwise convolution over time and two pointwise layers, normalised per frame.

    Args:
        dim: width.  blocks: number of blocks.  kernel: width of the convolution of a block in frames.
        expansion: inner width of the pointwise layers, in multiples of `dim`.
        subsampling: feature frames (10 ms) per output frame.
        look_ahead: right context of the whole encoder in output frames, distributed evenly over the blocks, with any
            remainder in the last ones; 0 is causal, None symmetric.
        dropout: in [0, 1).
    Raises:
        UsageError: a size is too small, or the look-ahead is more than the kernels span.
    """

    name = "conv"

    def __init__(
        self,
        dim: int = 192,
        blocks: int = 8,
        kernel: int = 11,
        expansion: int = 3,
        subsampling: int = 4,
        look_ahead: int | None = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        at_least(1, dim=dim, blocks=blocks, kernel=kernel, expansion=expansion, subsampling=subsampling)
        self.options = {
            "dim": dim,
            "blocks": blocks,
            "kernel": kernel,
            "expansion": expansion,
            "subsampling": subsampling,
            "look_ahead": look_ahead,
            "dropout": dropout,
        }
        rights = _right_contexts(look_ahead, blocks, kernel)
        self.dim, self.subsampling = dim, subsampling
        self.look_ahead_frames = sum(rights) * subsampling
        self.look_behind_frames = (blocks * (kernel - 1) - sum(rights) + 1) * subsampling
        self.stem = Stem(MELS, dim, subsampling)
        self.blocks = nn.ModuleList(_Block(dim, kernel, right, expansion, dropout) for right in rights)
        self.norm = nn.LayerNorm(dim)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, 80), (B,) -> (B, T', dim), (B,)."""
        features = features * inside(lengths, features.shape[1]).to(features)[:, :, None]
        x = self.stem(features)
        lengths = self.output_lengths(lengths)
        mask = inside(lengths, x.shape[1]).to(x)[:, :, None]
        x = x * mask
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x), lengths


class _Block(nn.Module):
    def __init__(self, dim: int, kernel: int, right: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.padding = (kernel - 1 - right, right)
        self.depthwise = nn.Conv1d(dim, dim, kernel, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, expansion * dim)
        self.contract = nn.Linear(expansion * dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) and (B, T, 1) -> (B, T, D), zero outside the mask."""
        y = self.depthwise(nn.functional.pad(x.transpose(1, 2), self.padding)).transpose(1, 2)
        y = self.contract(self.dropout(nn.functional.silu(self.expand(self.norm(y)))))
        found: Tensor = (x + self.dropout(y)) * mask
        return found


def _right_contexts(look_ahead: int | None, blocks: int, kernel: int) -> list[int]:
    """Right context of each block in frames."""
    if look_ahead is None:
        return [(kernel - 1) // 2] * blocks
    if not 0 <= look_ahead <= blocks * (kernel - 1):
        raise UsageError(
            f"look_ahead: got {look_ahead} output frames, expected 0 to {blocks * (kernel - 1)} "
            f"({blocks} blocks of kernel {kernel}); add blocks or widen the kernel for more"
        )
    each, more = divmod(look_ahead, blocks)
    return [each + (block >= blocks - more) for block in range(blocks)]
