"""`checkpoint:FILE`: weights with a header, written by ctcalign as a safetensors file or a pickle of tensors."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from ctcalign.errors import ModelError
from ctcalign.models.header import BUILTIN, ENCODER, header_object
from ctcalign.models.hugging_face.stored import ARCHITECTURE as TRANSFORMERS
from ctcalign.models.protocol import AcousticModel
from ctcalign.models.stored import own_weights, read_weights
from ctcalign.models.torchaudio_bundle import ARCHITECTURE as TORCHAUDIO

_PICKLES = (".pt", ".pth", ".ckpt", ".bin")
# Architectures in headers, and the modules whose `make_model(header, weights, name, device)` builds a model. The
# default refuses headers that ctcalign did not write.
_DEFAULT = "ctcalign.models.builtin.checkpoint"
_ARCHITECTURES = {
    BUILTIN: _DEFAULT,
    ENCODER: "ctcalign.models.encoders.recogniser",
    TORCHAUDIO: "ctcalign.models.torchaudio_bundle",
    TRANSFORMERS: "ctcalign.models.hugging_face.model",
}


def load(file: str, device: str, allow_noncommercial: bool = False) -> AcousticModel:
    """Load a checkpoint written by ctcalign's training.

    A pickle must hold only tensors, numbers and strings (it is read with weights_only=True): a mapping with "ctcalign"
    (the header, an object or its JSON) and "state_dict" (names to tensors).

    Raises:
        ModelError: no such file, another content, or a pickle that contains code.
    """
    return load_file(Path(file), f"checkpoint:{file}", device)


def load_file(path: Path, name: str, device: str) -> AcousticModel:
    """Load a checkpoint as `load`; `name` is that of the model.

    Raises:
        ModelError: as `load`.
    """
    if not path.is_file():
        raise ModelError(f"{name}: no such file; give the path of a .safetensors file that ctcalign wrote")
    pickled = path.suffix.lower() in _PICKLES
    header, weights = read_pickle(path, name) if pickled else read_weights(path, name)
    if "lora" in header:
        raise ModelError(f"{name}: contains only the adapters of a training; use the model that was exported beside it")
    return model_of(header, weights, name, device)


def model_of(header: Mapping[str, Any], weights: Mapping[str, torch.Tensor], name: str, device: str) -> AcousticModel:
    """The model of a header and weights.

    Raises:
        ModelError: they do not match, or ctcalign did not write them.
    """
    module = import_module(_ARCHITECTURES.get(str(header.get("architecture")), _DEFAULT))
    model: AcousticModel = module.make_model(header, own_weights(weights), name, device)
    return model


def read_pickle(path: Path, name: str) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Header and tensors of a pickle without code, such as a checkpoint of `ctcalign fit`.

    Raises:
        ModelError: it contains code, or is not a checkpoint of ctcalign.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            f"{name}: the pickle contains more than weights and was not loaded, since it could run code; "
            "export the model to ONNX or safetensors with the program that created it"
        ) from None
    except (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, struct.error) as error:
        raise ModelError(
            f"{name}: cannot be read as a checkpoint ({next(iter(str(error).splitlines()), 'damaged')})"
        ) from None
    header = content.get("ctcalign") if isinstance(content, Mapping) else None
    weights = content.get("state_dict") if isinstance(content, Mapping) else None
    if isinstance(header, str):
        header = header_object(header, name)
    if not isinstance(header, dict) or not isinstance(weights, Mapping):
        raise ModelError(
            f"{name}: expected a mapping with 'ctcalign' (the header) and 'state_dict'; "
            "export a checkpoint of another toolkit to ONNX and use onnx:FILE"
        )
    return header, {key: value for key, value in weights.items() if isinstance(value, torch.Tensor)}
