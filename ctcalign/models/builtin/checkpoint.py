"""The network of the built-in models with its features in torch: for training, `checkpoint:FILE` and other devices."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ctcalign.errors import ModelError
from ctcalign.files import atomic_write
from ctcalign.models.builtin.config import ARCHITECTURE, FORMAT, FRAME_SHIFT, config_of
from ctcalign.models.builtin.network import Network
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE
from ctcalign.models.features.tensors import log_mel
from ctcalign.models.header import check_identity, header_object
from ctcalign.models.stored import built


class ConvCtcModel(nn.Module):
    """A network of `ctcalign.models.builtin.network` with its log-mel features.

    Args:
        network: trained weights, without the heads that only training needs.
        header: the checkpoint's header: symbols, blank, separator, spike_delay, language, licence and the recipe.
        name: name of the model.
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


def save_checkpoint(path: Path, network: Network, header: dict[str, Any]) -> None:
    """Write float16 weights and a JSON header as one safetensors file, without the heads for training."""
    from safetensors.torch import save

    config = asdict(network.config) | {"phones": 0}
    kept = {
        name: value.detach().half().contiguous()
        for name, value in network.state_dict().items()
        if not name.startswith(("middle.", "phone."))
    }
    whole = {"format": FORMAT, "architecture": ARCHITECTURE, "config": config, **header}
    with atomic_write(path, "wb") as file:
        file.write(save(kept, metadata={"ctcalign": json.dumps(whole)}))


def load_checkpoint(path: Path, name: str, device: str = "cpu") -> ConvCtcModel:
    """Read a file that `save_checkpoint` wrote.

    Raises:
        ModelError: the file is missing, is not a safetensors file, or was not written by ctcalign.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelError(f"{name}: no checkpoint at {path}; give the path of a .safetensors file that ctcalign wrote")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {key: file.get_tensor(key).float() for key in file.keys()}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{name}: {path} cannot be read as safetensors ({error}); copy the file again") from error
    header = header_object(metadata.get("ctcalign", "{}"), name)
    config = config_of(header, f"{name}: {path}")
    config = replace(config, symbols=len(check_identity(header, name)))
    network = built(lambda: Network(config), asdict(config), weights, name)
    network.load_state_dict(weights)
    model = ConvCtcModel(network, header, name).to(device)
    return model.eval()
