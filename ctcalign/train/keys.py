"""Randomness that belongs to an utterance: the same whatever else is in the batch, and on how many processes."""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def key(*parts: str | int) -> int:
    """A seed made of names and numbers, in [0, 2**63)."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def torch_generator(device: torch.device | str, *parts: str | int) -> torch.Generator:
    """A generator of its own for each combination of parts."""
    return torch.Generator(device).manual_seed(key(*parts))


def numpy_generator(*parts: str | int) -> np.random.Generator:
    """A numpy generator of its own for each combination of parts."""
    return np.random.default_rng(key(*parts))
