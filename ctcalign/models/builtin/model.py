"""The built-in models: a convolutional CTC network with its features, as an `AcousticModel`."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.files import atomic_write
from ctcalign.models.builtin.network import OUTPUT_FRAME_SHIFT, Network, NetworkConfig
from ctcalign.models.features import HOP_SAMPLES, MEAN_FRAMES, SAMPLE_RATE, WINDOW_SAMPLES, log_mel
from ctcalign.models.stored import built, check_identity, header_object

FORMAT = "ctcalign/checkpoint/1"
ARCHITECTURE = "conv-ctc/1"
FOLDER = Path(__file__).parent
NAMES = ("en",)


class ConvCtcModel(nn.Module):
    """A network of `ctcalign.models.builtin.network` with its log-mel features.

    Args:
        network: trained weights, without the heads that only training needs.
        header: the checkpoint's header: symbols, blank, separator, spike_delay, language, licence and the recipe.
        name: name of the model.
    """

    sample_rate = SAMPLE_RATE
    frame_shift = OUTPUT_FRAME_SHIFT

    def __init__(self, network: Network, header: dict[str, Any], name: str) -> None:
        super().__init__()
        self.network = network
        self.header = header
        self.name = name
        self.vocabulary = check_identity(header, name)
        self.spike_delay = float(header.get("spike_delay", 0.0))
        self.language: str | None = header.get("language")
        self.licence = str(header.get("licence", "unknown"))
        frames = network.context_frames + MEAN_FRAMES
        self.context: float | None = (frames * HOP_SAMPLES + WINDOW_SAMPLES) / SAMPLE_RATE

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
    if header.get("format") != FORMAT or header.get("architecture") != ARCHITECTURE:
        raise ModelError(
            f"{name}: {path} has no {FORMAT} header of a {ARCHITECTURE} model; expected a file written by ctcalign"
        )
    vocabulary = check_identity(header, name)
    known = {field.name for field in fields(NetworkConfig)}
    config = header.get("config")
    given = {key: value for key, value in config.items() if key in known} if isinstance(config, dict) else {}
    given["symbols"] = len(vocabulary)
    network = built(lambda: Network(NetworkConfig(**given)), given, weights, name)
    network.load_state_dict(weights)
    model = ConvCtcModel(network, header, name).to(device)
    return model.eval()


def load(language: str, device: str = "cpu", allow_noncommercial: bool = False) -> ConvCtcModel:
    """Load `builtin:en`, or another model in this folder.

    Raises:
        UsageError: no such model.   ModelError: its file or safetensors is missing or damaged.
    """
    name = f"builtin:{language}"
    if language not in NAMES:
        from ctcalign.models.registry import remedy

        raise UsageError(f"model: unknown model {name!r}; {remedy(name)}")
    try:
        return load_checkpoint(FOLDER / language / "model.safetensors", name, device)
    except ImportError as error:
        raise ModelError(f"{name}: {error}; install ctcalign again with all of its dependencies") from None
