"""The Conformer of torchaudio with a subsampling stem: unbounded context, for offline recognition."""

from __future__ import annotations

from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.encoders.base import Encoder, Stem, at_least, inside
from ctcalign.models.features.scale import MELS
from ctcalign.models.torchaudio_bundle import import_torchaudio


class ConformerEncoder(Encoder):
    """Conformer blocks (Gulati et al. 2020) in the implementation of torchaudio.

    torchaudio's convolutions include the padding, and its batch normalisation uses the statistics of one process: a
    batch does not exactly equal its utterances one by one. The other encoders do not have this limitation.

    Args:
        dim: width, a multiple of `heads`.  layers: number of layers.  heads: number of attention heads.
        hidden: inner width of the feed-forward parts.
        kernel: frames of the depthwise convolutions, odd.
        subsampling: feature frames (10 ms) per output frame.
        dropout: in [0, 1).
        group_norm: normalise each utterance instead of the batch.
    Raises:
        UsageError: sizes that do not fit.   ModelError: torchaudio is missing.
    """

    name = "conformer"
    shift_invariant = False

    def __init__(
        self,
        dim: int = 144,
        layers: int = 8,
        heads: int = 4,
        hidden: int = 576,
        kernel: int = 31,
        subsampling: int = 4,
        dropout: float = 0.1,
        group_norm: bool = False,
    ) -> None:
        super().__init__()
        at_least(1, dim=dim, layers=layers, heads=heads, hidden=hidden, kernel=kernel, subsampling=subsampling)
        if dim % heads or kernel % 2 == 0:
            raise UsageError(f"dim must be a multiple of heads and kernel odd, got {dim}, {heads} and {kernel}")
        self.options = {
            "dim": dim,
            "layers": layers,
            "heads": heads,
            "hidden": hidden,
            "kernel": kernel,
            "subsampling": subsampling,
            "dropout": dropout,
            "group_norm": group_norm,
        }
        self.dim, self.subsampling = dim, subsampling
        self.look_ahead_frames = self.look_behind_frames = None
        self.stem = Stem(MELS, dim, subsampling)
        self.conformer = import_torchaudio().models.Conformer(
            dim, heads, hidden, layers, kernel, dropout=dropout, use_group_norm=group_norm
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, 80), (B,) -> (B, T', dim), (B,)."""
        x = self.stem(features * inside(lengths, features.shape[1]).to(features)[:, :, None])
        lengths = self.output_lengths(lengths)
        # The mask of torchaudio is as long as the longest utterance.
        longest = int(lengths.max()) if len(lengths) else 0
        hidden, _ = self.conformer(x[:, :longest], lengths.clamp(min=1))
        padded = nn.functional.pad(self.norm(hidden), (0, 0, 0, x.shape[1] - longest))
        return padded * inside(lengths, x.shape[1]).to(x)[:, :, None], lengths
