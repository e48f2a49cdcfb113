"""What paths hold beyond the end of their utterance."""

from __future__ import annotations

import torch
from torch import Tensor


def blank_padding(paths: Tensor, frames: list[int], blank: int) -> Tensor:
    """Paths (B, n, T) with the blank in every frame beyond `frames`, the lengths of the B utterances."""
    lengths = torch.tensor(frames, device=paths.device)
    beyond = torch.arange(paths.shape[2], device=paths.device) >= lengths[:, None, None]
    return paths.masked_fill(beyond, blank)
