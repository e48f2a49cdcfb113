"""Open a model for training by its name, or restore it from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import check_licence
from ctcalign.models.checkpoint import read_pickle
from ctcalign.models.header import BUILTIN, ENCODER
from ctcalign.models.hugging_face.stored import ARCHITECTURE as TRANSFORMERS
from ctcalign.models.registry import FAMILIES, remedy
from ctcalign.models.stored import own_weights, read_weights
from ctcalign.models.torchaudio_bundle import ARCHITECTURE as TORCHAUDIO
from ctcalign.models.training.lora import merged
from ctcalign.models.training.protocol import TrainableModel

CHECKPOINT = "checkpoint"
_PACKAGE = "ctcalign.models.training"
# Families, and the modules whose `open_model(argument)` opens a model of theirs.
_OPENERS = {"builtin": "builtin", "hf": "hugging_face.model", "torchaudio": "torchaudio"}
# Architectures in headers of checkpoints, and the modules whose `restore(header, weights, where)` builds a model.
_ARCHITECTURES = {ENCODER: "own", BUILTIN: "builtin", TORCHAUDIO: "torchaudio", TRANSFORMERS: "hugging_face.model"}


def split_name(name: str) -> tuple[str, str]:
    """Family and argument of the name of a model; a name without a family is the file of a checkpoint."""
    family, colon, argument = name.partition(":")
    if colon and family in FAMILIES:
        return family, argument
    return CHECKPOINT, name


def open_trainable(
    name: str,
    options: Mapping[str, Any] | None = None,
    allow_noncommercial: bool = False,
    new_symbols: bool = False,
) -> TrainableModel:
    """Open a model for training.

    Args:
        name: "hf:NAME", "hf:FOLDER", "torchaudio:BUNDLE", "builtin:en", "checkpoint:FILE" or FILE.
        options: of the model: entries of the configuration of a model of transformers; those of builtin:en are
            `look_ahead` and `new_blocks`.
        allow_noncommercial: accept licences that forbid commercial use.
        new_symbols: whether it gets others, so that a model of transformers needs neither a tokenizer nor a trained
            output layer.
    Raises:
        UsageError: there is no such model, its family cannot be trained, or it has no such option.
        ModelError: it cannot be loaded, or its licence was not accepted.
    """
    family, argument = split_name(name)
    if not argument:
        raise UsageError(f"model.init: {name!r} is not the name of a model; {remedy(name)}")
    if family == CHECKPOINT:
        model = _from_checkpoint(argument, options)
    elif family in _OPENERS:
        opener: Any = import_module(f"{_PACKAGE}.{_OPENERS[family]}").open_model
        if family == "hf":
            model = opener(argument, options, allow_noncommercial, new_symbols)
        elif family == "builtin":
            model = opener(argument, options)
        else:
            _check_no_options(options, name)
            model = opener(argument)
    else:
        known = ", ".join(f"{one}:{FAMILIES[one].argument}" for one in (*_OPENERS, CHECKPOINT))
        raise UsageError(f"model.init: {family}: models cannot be trained; expected {known}")
    check_licence(name, model.licence or "", allow_noncommercial)
    return model


def _from_checkpoint(file: str, options: Mapping[str, Any] | None) -> TrainableModel:
    header, weights = read_checkpoint(file)
    where = f"{CHECKPOINT}:{file}"
    architecture = header.get("architecture")
    if options and architecture == TRANSFORMERS:
        header = import_module(f"{_PACKAGE}.{_ARCHITECTURES[TRANSFORMERS]}").with_config(header, options, where)
    elif options and architecture == BUILTIN:
        builtin: Any = import_module(f"{_PACKAGE}.{_ARCHITECTURES[BUILTIN]}")
        streaming: TrainableModel = builtin.with_options(restore(header, weights, where), options, where)
        return streaming
    else:
        _check_no_options(options, where)
    return restore(header, weights, where)


def _check_no_options(options: Mapping[str, Any] | None, name: str) -> None:
    if options:
        raise UsageError(
            f"model.options: {name} has no options, only models of transformers (hf:) and builtin:en have; remove it"
        )


def restore(header: Mapping[str, Any], weights: Mapping[str, Tensor], where: str) -> TrainableModel:
    """The model of a checkpoint, with its weights; adapters are merged into those that training started from.

    Raises:
        ModelError: it is of an unknown architecture, or header and weights do not match.
    """
    if "lora" in header:
        adapters = dict(header["lora"])
        model = open_trainable(adapters.pop("base"), adapters.pop("options", None), allow_noncommercial=True)
        merged(model.network, adapters, own_weights(weights), where)
        return model
    architecture = header.get("architecture")
    if architecture not in _ARCHITECTURES:
        raise ModelError(
            f"{where}: has the architecture {str(architecture)[:40]!r}, expected one of {', '.join(_ARCHITECTURES)}; "
            "load it with the version of ctcalign that wrote it"
        )
    module = import_module(f"{_PACKAGE}.{_ARCHITECTURES[architecture]}")
    restored: TrainableModel = module.restore(header, own_weights(weights), where)
    return restored


def read_checkpoint(file: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a checkpoint of `ctcalign fit` (.ckpt) or of an exported model (.safetensors).

    Raises:
        ModelError: there is no such file, or it is neither of these.
    """
    path = Path(file)
    if not path.is_file():
        raise ModelError(f"{file}: no such file; give a .ckpt of 'ctcalign fit' or an exported .safetensors")
    return read_weights(path, str(file)) if path.suffix == ".safetensors" else read_pickle(path, str(file))
