"""The input of a network, made from the samples of one utterance in the processes that read data."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ctcalign.models.features.kinds import KINDS
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE

# Frames of silence that replace an utterance without audio: enough for every encoder to give finite output.
_STAND_IN_FRAMES = 16


class InputMaker(Protocol):
    """Makes the input of one utterance. It is sent to other processes, so it holds no network.

    Attributes:
        sample_rate: of the samples, Hz.
        padding: value with which the shorter utterances of a batch are filled up.
        waveform: whether the input is a waveform (N,), else features (T, F).
    """

    sample_rate: int
    padding: float
    waveform: bool

    def __call__(self, samples: npt.NDArray[np.float32]) -> Tensor:
        """(N,) samples in [-1, 1] -> (N,) or (T, F); empty if the samples are too few for one frame."""
        ...

    def silence(self) -> Tensor:
        """An input that replaces an utterance without audio."""
        ...


class LogMel:
    """Log-mel energies of 25 ms windows every 10 ms, (T, 80).

    Args:
        kind: a name in `ctcalign.models.features.kinds`.
    """

    sample_rate: int = SAMPLE_RATE
    padding: float = 0.0
    waveform: bool = False

    def __init__(self, kind: str = "log_mel") -> None:
        self.kind = kind

    def __call__(self, samples: npt.NDArray[np.float32]) -> Tensor:
        """(N,) -> (N // 160, 80)."""
        return KINDS[self.kind](torch.from_numpy(samples))

    def silence(self) -> Tensor:
        """Features of silence."""
        return KINDS[self.kind](torch.zeros(_STAND_IN_FRAMES * HOP_SAMPLES))

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and other.kind == self.kind

    def __hash__(self) -> int:
        return hash((type(self), self.kind))
