"""The network of the built-in models with its features in torch: for training, `checkpoint:FILE` and other devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ctcalign.errors import ModelError
from ctcalign.files import atomic_write
from ctcalign.models.builtin.config import FRAME_SHIFT, config_of
from ctcalign.models.builtin.network import Network
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE
from ctcalign.models.features.tensors import log_mel
from ctcalign.models.header import BUILTIN, FORMAT, check_identity
from ctcalign.models.stored import built, read_weights

# Weights of layers that only training needs.
_HEADS = ("middle.", "phone.")


class ConvCtcModel(nn.Module):
    """A network of `ctcalign.models.builtin.network` with its log-mel features.

    Args:
        network: trained weights, without the heads that only training needs.
        header: the checkpoint's header: symbols, blank, separator, spike_delay, language, licence and the recipe.
        name: name of the model.
    Attributes: see `AcousticModel`, and
        look_ahead: seconds of audio after the end of a frame that the frame depends on.
    """

    sample_rate = SAMPLE_RATE
    frame_shift = FRAME_SHIFT

    def __init__(self, network: Network, header: dict[str, Any], name: str) -> None:
        super().__init__()
        self.network = network
        self.header = header
        self.name = name
        self.vocabulary = check_identity(header, name)
        self.spike_delay = float(header.get("spike_delay", 0.0))
        self.language: str | None = header.get("language")
        self.licence = str(header.get("licence", "unknown"))
        self.context: float | None = network.config.context_seconds
        self.look_ahead: float | None = network.config.look_ahead_seconds

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples at 16 kHz and (B,) lengths in samples -> (B, T, 29) log-probabilities and (B,) frames.

        Frame t covers the 20 ms from t * 0.02 s; there are ceil((N // 160) / 2) of them.
        """
        features = log_mel(waveform.float())
        frames = lengths // HOP_SAMPLES
        if features.shape[1] == 0:
            return features.new_zeros((len(lengths), 0, len(self.vocabulary))), frames
        log_probs, counts = self.network(features, frames)
        return log_probs[:, : (features.shape[1] + 1) // 2], counts


def write_header(network: Network, about: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a checkpoint.

    Args:
        about: the other fields: symbols, blank, separator, spike_delay, language, licence and the recipe.
    """
    return {
        "format": FORMAT,
        "architecture": BUILTIN,
        "config": asdict(network.config) | {"phones": 0},
        "frame_shift": FRAME_SHIFT,
        "sample_rate": SAMPLE_RATE,
        **about,
    }


def save_checkpoint(path: Path, network: Network, about: Mapping[str, Any], dtype: torch.dtype = torch.float16) -> None:
    """Write weights and a JSON header as one safetensors file, without the heads for training.

    Args:
        about: see `write_header`.
        dtype: of the weights. float16 is half the size; its rounding changes log-probabilities by up to 0.02.
    Raises:
        OutputError: the file cannot be written.
    """
    from safetensors.torch import save

    kept = {
        name: value.detach().cpu().to(dtype).contiguous()
        for name, value in network.state_dict().items()
        if not name.startswith(_HEADS)
    }
    with atomic_write(path, "wb") as file:
        file.write(save(kept, metadata={"ctcalign": json.dumps(write_header(network, about))}))


def make_model(header: Mapping[str, Any], weights: Mapping[str, Tensor], name: str, device: str) -> ConvCtcModel:
    """A model from the header and weights of a checkpoint.

    Raises:
        ModelError: the header is not that of such a network, or the weights are those of another one.
    """
    return ConvCtcModel(network_of(header, weights, name), dict(header), name).to(device).eval()


def network_of(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> Network:
    """The network of a checkpoint.

    Raises:
        ModelError: as `make_model`.
    """
    config = replace(config_of(header, where), symbols=len(check_identity(header, where)))
    floats = {name: value.float() for name, value in weights.items()}
    network = built(lambda: Network(config), asdict(config), floats, where)
    network.load_state_dict(floats)
    return network


def load_checkpoint(path: Path, name: str, device: str = "cpu") -> ConvCtcModel:
    """Read a file that `save_checkpoint` wrote.

    Raises:
        ModelError: the file is missing, is not a safetensors file, or was not written by ctcalign.
    """
    if not path.is_file():
        raise ModelError(f"{name}: no checkpoint at {path}; give the path of a .safetensors file that ctcalign wrote")
    header, weights = read_weights(path, name)
    return make_model(header, weights, name, device)
