"""Models of ctcalign's own encoders in training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import build_network, load_weights, save_recogniser, write_header
from ctcalign.models.header import check_identity
from ctcalign.models.training.inputs import LogMel
from ctcalign.models.training.layers import layers_of
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.text.vocabulary import Vocabulary


class EncoderModel(TrainableModel):
    """Front end, encoder and output layer on log-mel energies.

    Args:
        network: the network.  vocabulary: its symbols.  name: for messages.
        language, licence, spike_delay: see `TrainableModel`.
    """

    def __init__(
        self,
        network: CtcNetwork,
        vocabulary: Vocabulary,
        name: str = "model.encoder",
        language: str | None = None,
        licence: str | None = None,
        spike_delay: float | None = None,
    ) -> None:
        self.network: CtcNetwork = network
        self.inputs = LogMel(network.encoder.features)
        self.vocabulary, self.name = vocabulary, name
        self.frame_shift, self.look_ahead = network.frame_shift, network.look_ahead
        self.longest = network.encoder.longest_frames
        self.language, self.licence, self.spike_delay = language, licence, spike_delay

    def layers(self) -> list[str]:
        """The stem, the encoder's layers, and the output layer."""
        return layers_of(self.network)

    def header(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The header, see `write_header`."""
        return write_header(self.network, self.vocabulary, self._about(about))

    def save(self, path: Path, header: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
        """Write a safetensors file, to be loaded as `checkpoint:FILE`."""
        if path.suffix != ".safetensors":
            raise UsageError(f"output: expected a name with the extension .safetensors, got {path}")
        load_weights(self.network, weights, self.name)
        save_recogniser(path, self.network, header)
        return path


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> EncoderModel:
    """The model of a checkpoint.

    Raises:
        ModelError: header and weights do not match.
    """
    network = build_network(header, weights, where)
    load_weights(network, weights, where)
    about = (header.get(name) for name in ("language", "licence", "spike_delay"))
    return EncoderModel(network, check_identity(header, where), where, *about)
