"""The built-in models in training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ctcalign.errors import UsageError
from ctcalign.models.builtin.checkpoint import network_of, save_checkpoint, write_header
from ctcalign.models.builtin.config import FRAME_SHIFT
from ctcalign.models.builtin.model import FOLDER, NAMES, WEIGHTS
from ctcalign.models.builtin.network import Network, with_look_ahead, with_new_blocks
from ctcalign.models.header import ENCODER, check_identity
from ctcalign.models.registry import remedy
from ctcalign.models.stored import read_weights
from ctcalign.models.training import own
from ctcalign.models.training.inputs import LogMel
from ctcalign.models.training.protocol import TrainableModel

# Fields of the header that training does not change.
_KEPT = ("normalisation",)


class BuiltinModel(TrainableModel):
    """A network of `ctcalign.models.builtin.network` on log-mel energies, without the heads of its first training.

    Args:
        network: the network.  header: of its checkpoint.  name: for messages.
    """

    def __init__(self, network: Network, header: Mapping[str, Any], name: str) -> None:
        self.network: Network = network
        self.inputs = LogMel()
        self.vocabulary, self.name = check_identity(header, name), name
        self.frame_shift, self.look_ahead = FRAME_SHIFT, network.config.look_ahead_seconds
        self.language, self.licence = header.get("language"), header.get("licence")
        self.spike_delay = header.get("spike_delay")
        self._kept = {field: header[field] for field in _KEPT if field in header}

    def _resize(self, count: int) -> None:
        self.network.config = replace(self.network.config, symbols=count)

    def layers(self) -> list[str]:
        """Stem, blocks, and the output with the norm before it."""
        blocks = [f"blocks.{number}." for number in range(self.network.config.blocks)]
        return ["stem1.", "stem2.", "enter.", *blocks, "norm.", "head."]

    def header(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The header; `spike_delay` is that of the start unless `about` has another."""
        symbols = {
            "symbols": list(self.vocabulary.symbols),
            "blank": self.vocabulary.blank,
            "separator": self.vocabulary.separator,
            "unknown": self.vocabulary.unknown,
            "word_pieces": self.vocabulary.word_pieces,
        }
        return write_header(self.network, {**symbols, **self._kept, **self._about(about)})

    def save(self, path: Path, header: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Path:
        """Write a safetensors file with float32 weights, to be loaded as `checkpoint:FILE`."""
        if path.suffix != ".safetensors":
            raise UsageError(f"output: expected a name with the extension .safetensors, got {path}")
        save_checkpoint(path, network_of(header, weights, self.name), header, torch.float32)
        return path


def open_model(argument: str, options: Mapping[str, Any] | None = None) -> TrainableModel:
    """The model of a name such as "en".

    Args:
        options: see `with_options`.
    Raises:
        UsageError: no such model, or it does not have such options.   ModelError: its file is missing or damaged.
    """
    name = f"builtin:{argument}"
    if argument not in NAMES:
        raise UsageError(f"model.init: unknown model {name!r}; {remedy(name)}")
    header, weights = read_weights((FOLDER / argument).resolve() / WEIGHTS, name)
    if header.get("architecture") != ENCODER:
        return with_options(restore(header, weights, name), options, name)
    if options:
        raise UsageError(f"model.options: {name} has none; its look-ahead is that of Whisper's encoder")
    return own.restore(header, weights, name)


def with_options(model: BuiltinModel, options: Mapping[str, Any] | None, where: str) -> BuiltinModel:
    """The model as a start for another training.

    Args:
        options: None or empty: the model as it is.
            look_ahead: seconds; the running mean of the features is then one of the past.
            new_blocks: number; so many blocks at the end and the output layer get new random weights, always the same
            ones.
            With either of them, the delay of the spikes is unknown.
        where: name of the model, for messages.
    Raises:
        UsageError: another option, or a value that is not possible.
    """
    if not options:
        return model
    unknown = sorted(set(options) - {"look_ahead", "new_blocks"})
    if unknown:
        raise UsageError(
            f"model.options: {where} has no option {unknown[0]!r}, only look_ahead (seconds) and new_blocks (a "
            "number); remove it"
        )
    network, config = model.network, model.network.config
    if "look_ahead" in options:
        given = options["look_ahead"]
        try:
            config = config.with_look_ahead(float(given))
        except (TypeError, ValueError) as error:
            why = str(error) if isinstance(given, int | float) else f"got {given!r}, expected a number of seconds"
            raise UsageError(f"model.options: look_ahead of {where}: {why}") from None
        network = with_look_ahead(network, config)
    if "new_blocks" in options:
        count = options["new_blocks"]
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= config.blocks:
            raise UsageError(f"model.options: new_blocks of {where}: got {count!r}, expected 0 to {config.blocks}")
        network = with_new_blocks(network, count)
    header = {**model.header({}), "config": asdict(config)}
    header.pop("spike_delay", None)
    return BuiltinModel(network, header, where)


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> BuiltinModel:
    """The model of a checkpoint.

    Raises:
        ModelError: header and weights do not match.
    """
    return BuiltinModel(network_of(header, weights, where), header, where)
