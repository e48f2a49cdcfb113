"""Models of torch as modules that can be traced: (B, N) samples and (B,) lengths to log-probabilities and frames."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import UsageError
from ctcalign.models.builtin.checkpoint import ConvCtcModel, load_checkpoint
from ctcalign.models.builtin.model import FOLDER, NAMES, WEIGHTS
from ctcalign.models.encoders.recogniser import Recogniser
from ctcalign.models.features.scale import HOP_SAMPLES
from ctcalign.models.onnx_export.log_mel import LogMelByConvolution
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.registry import load_model, remedy
from ctcalign.models.torchaudio_bundle import BundleModel

# Of torch's layer_norm, with which torchaudio normalises utterances.
_EPSILON = 1e-5


class FromLogMel(nn.Module):
    """A network on log-mel energies."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.features = LogMelByConvolution()
        self.network = network

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        log_probs, frames = self.network(self.features(waveform), torch.div(lengths, HOP_SAMPLES, rounding_mode="floor"))
        return log_probs, frames


class FromWaveform(nn.Module):
    """A network on waveforms, which returns logits and lengths.

    Args:
        normalises: whether each row is normalised to zero mean and unit variance.
    """

    def __init__(self, network: nn.Module, normalises: bool) -> None:
        super().__init__()
        self.network = network
        self.normalises = normalises

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples and (B,) lengths -> (B, T, C) log-probabilities and (B,) frames."""
        if self.normalises:
            centred = waveform - waveform.mean(1, keepdim=True)
            waveform = centred / (centred.square().mean(1, keepdim=True) + _EPSILON).sqrt()
        logits, frames = self.network(waveform, lengths)
        return logits.log_softmax(-1), frames.clamp(min=0)


def torch_model(name: str, allow_noncommercial: bool) -> AcousticModel:
    """The model of a name, in torch on the CPU.

    Raises:
        UsageError: there is no such model, or it is a graph already.   ModelError: it cannot be loaded.
    """
    family, _, argument = name.partition(":")
    if family == "onnx":
        raise UsageError(f"{name} is a graph already; expected hf:, torchaudio:, builtin: or checkpoint:")
    if family == "builtin":
        if argument not in NAMES:
            raise UsageError(f"model: unknown model {name!r}; {remedy(name)}")
        return load_checkpoint((FOLDER / argument).resolve() / WEIGHTS, name)
    return load_model(name, "cpu", allow_noncommercial)


def graph_of(model: AcousticModel) -> nn.Module:
    """The computation of a model, to be traced.

    Raises:
        UsageError: its features are not computed in torch.
    """
    found: Any = None
    if isinstance(model, ConvCtcModel | Recogniser):
        found = FromLogMel(model.network)
    elif isinstance(model, BundleModel):
        found = FromWaveform(model.network, model.normalises)
    if found is None:
        raise UsageError(f"{model.name}: its features are computed outside the network, so it has no graph")
    module: nn.Module = found.eval()
    return module
