"""Open a model for training by its name, or restore it from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.builtin.config import ARCHITECTURE as BUILTIN
from ctcalign.models.checkpoint import read_pickle
from ctcalign.models.encoders.recogniser import ARCHITECTURE as ENCODER
from ctcalign.models.registry import FAMILIES, remedy
from ctcalign.models.stored import own_weights, read_weights
from ctcalign.models.torchaudio_bundle import ARCHITECTURE as TORCHAUDIO
from ctcalign.models.training.protocol import TrainableModel

CHECKPOINT = "checkpoint"
# Families, and the modules whose `open_model(argument)` opens a model of theirs.
_OPENERS = {"builtin": "builtin", "torchaudio": "torchaudio"}
# Architectures in headers of checkpoints, and the modules whose `restore(header, weights, where)` builds a model.
_ARCHITECTURES = {ENCODER: "own", BUILTIN: "builtin", TORCHAUDIO: "torchaudio"}


def split_name(name: str) -> tuple[str, str]:
    """Family and argument of the name of a model; a name without a family is the file of a checkpoint."""
    family, colon, argument = name.partition(":")
    if colon and family in FAMILIES:
        return family, argument
    return CHECKPOINT, name


def open_trainable(name: str) -> TrainableModel:
    """Open a model for training.

    Args:
        name: "hf:NAME", "hf:FOLDER", "torchaudio:BUNDLE", "builtin:en", "checkpoint:FILE" or FILE.
    Raises:
        UsageError: there is no such model, or its family cannot be trained.
        ModelError: it cannot be loaded, or its licence was not accepted.
    """
    family, argument = split_name(name)
    if not argument:
        raise UsageError(f"model.init: {name!r} is not the name of a model; {remedy(name)}")
    if family == CHECKPOINT:
        header, weights = read_checkpoint(argument)
        return restore(header, weights, f"{CHECKPOINT}:{argument}")
    if family not in _OPENERS:
        known = ", ".join(f"{one}:{FAMILIES[one].argument}" for one in (*_OPENERS, CHECKPOINT))
        raise UsageError(f"model.init: {family}: models cannot be trained; expected {known}")
    model: TrainableModel = import_module(f"ctcalign.models.training.{_OPENERS[family]}").open_model(argument)
    return model


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> TrainableModel:
    """The model of a checkpoint, with its weights.

    Raises:
        ModelError: it is of an unknown architecture, or header and weights do not match.
    """
    architecture = header.get("architecture")
    if architecture not in _ARCHITECTURES:
        raise ModelError(
            f"{where}: has the architecture {str(architecture)[:40]!r}, expected one of {', '.join(_ARCHITECTURES)}; "
            "load it with the version of ctcalign that wrote it"
        )
    module = import_module(f"ctcalign.models.training.{_ARCHITECTURES[architecture]}")
    model: TrainableModel = module.restore(header, own_weights(weights), where)
    return model


def read_checkpoint(file: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a checkpoint of `ctcalign fit` (.ckpt) or of an exported model (.safetensors).

    Raises:
        ModelError: there is no such file, or it is neither of these.
    """
    path = Path(file)
    if not path.is_file():
        raise ModelError(f"{file}: no such file; give a .ckpt of 'ctcalign fit' or an exported .safetensors")
    return read_weights(path, str(file)) if path.suffix == ".safetensors" else read_pickle(path, str(file))
