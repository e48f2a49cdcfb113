"""Trained recognisers: a network with its log-mel features as an `AcousticModel`, and its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ctcalign.errors import ModelError, UsageError
from ctcalign.files import atomic_write
from ctcalign.models.encoders.base import Encoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.features.kinds import padded_features
from ctcalign.models.features.scale import HOP_SAMPLES, SAMPLE_RATE
from ctcalign.models.header import ENCODER, FORMAT, check_identity
from ctcalign.models.stored import built, own_weights
from ctcalign.text.vocabulary import Vocabulary

_ENCODERS = {
    "conv": "ConvEncoder",
    "conformer": "ConformerEncoder",
    "streaming": "StreamingEncoder",
    "whisper": "WhisperEncoder",
}


class Recogniser(nn.Module):
    """A trained network as an `AcousticModel`.

    Attributes: see `AcousticModel`, and
        look_ahead: seconds of audio after the end of a frame on which it depends; None: the whole recording.
        longest: seconds of the longest input; None: no limit.
        header: of the checkpoint.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, network: CtcNetwork, header: Mapping[str, Any], name: str) -> None:
        super().__init__()
        self.network = network
        self.header = dict(header)
        self.name = name
        self.vocabulary = check_identity(header, name)
        self.frame_shift = network.frame_shift
        self.look_ahead = network.look_ahead
        frames = network.encoder.longest_frames
        self.longest = None if frames is None else frames * HOP_SAMPLES / SAMPLE_RATE
        self.context = network.context
        self.spike_delay = float(header.get("spike_delay", 0.0))
        self.unsure: float | None = header.get("unsure")
        self.language: str | None = header.get("language")
        self.licence = str(header.get("licence", "unknown"))

    def forward(self, waveform: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) samples at 16 kHz and (B,) lengths in samples -> (B, T, C) log-probabilities and (B,) frames."""
        features, counts = padded_features(self.network.encoder.features, waveform.float(), lengths)
        if features.shape[1] == 0:
            return features.new_zeros((len(lengths), 0, len(self.vocabulary))), counts
        log_probs, frames = self.network(features, counts)
        return log_probs, frames


def write_header(network: CtcNetwork, vocabulary: Vocabulary, about: Mapping[str, Any]) -> dict[str, Any]:
    """The header of a checkpoint.

    Args:
        about: further fields: language, licence, spike_delay, configuration of the training, versions, commit.
    """
    return {
        "format": FORMAT,
        "architecture": ENCODER,
        "config": network.description(),
        "symbols": list(vocabulary.symbols),
        "blank": vocabulary.blank,
        "separator": vocabulary.separator,
        "unknown": vocabulary.unknown,
        "word_pieces": vocabulary.word_pieces,
        "frame_shift": network.frame_shift,
        "sample_rate": SAMPLE_RATE,
        "look_ahead": network.look_ahead,
        **about,
    }


def save_recogniser(path: Path, network: CtcNetwork, header: Mapping[str, Any]) -> None:
    """Write weights (float32) and header as one safetensors file, atomically.

    Raises:
        UsageError: the encoder is not one of ctcalign's, so it could not be loaded again.
        OutputError: the file cannot be written.
    """
    from safetensors.torch import save

    if _ENCODERS.get(network.encoder.name) != type(network.encoder).__name__:
        raise UsageError(
            f"encoder: {type(network.encoder).__name__} is not one of {', '.join(_ENCODERS.values())}, so the file "
            "could not be read again; export it to ONNX instead"
        )
    weights = {name: value.detach().cpu().float().contiguous() for name, value in network.state_dict().items()}
    with atomic_write(path, "wb") as file:
        file.write(save(weights, metadata={"ctcalign": json.dumps(header)}))


def build_network(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> CtcNetwork:
    """The network described by a header, with random weights, after checks against those of the file.

    Raises:
        ModelError: the header does not describe one, or one of other sizes.
    """
    vocabulary = check_identity(header, where)
    config = header.get("config")

    def make() -> CtcNetwork:
        sections: Any = config
        encoder_class = getattr(import_module("ctcalign.models.encoders"), _ENCODERS[sections["encoder"]])
        encoder: Encoder = encoder_class(**sections["options"])
        frontend = None if sections["frontend"] is None else Frontend(**sections["frontend"])
        return CtcNetwork(frontend, encoder, len(vocabulary))

    return built(make, config, own_weights(weights), where)


def make_model(header: Mapping[str, Any], weights: Mapping[str, Tensor], name: str, device: str) -> Recogniser:
    """A recogniser from the header and weights of a safetensors file or of a checkpoint of training.

    Raises:
        ModelError: header and weights do not match.
    """
    network = build_network(header, weights, name)
    load_weights(network, weights, name)
    return Recogniser(network, header, name).to(device).eval()


def load_weights(network: CtcNetwork, weights: Mapping[str, Tensor], where: str) -> None:
    """Load weights into a network.

    Raises:
        ModelError: a weight is missing, unknown, or of another shape.
    """
    try:
        network.load_state_dict(dict(own_weights(weights)))
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ModelError(
            f"{where}: its weights are those of another network ({' '.join(lines[1:2] or lines)[:200]}); "
            "check encoder and symbols"
        ) from None
