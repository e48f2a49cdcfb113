"""`checkpoint:FILE`: weights with a header, written by ctcalign as a safetensors file or a pickle of tensors."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ctcalign.errors import ModelError
from ctcalign.files import temporary_folder
from ctcalign.models.builtin.checkpoint import load_checkpoint
from ctcalign.models.encoders.recogniser import ARCHITECTURE, make_recogniser, read_weights
from ctcalign.models.header import header_object
from ctcalign.models.protocol import AcousticModel

_PICKLES = (".pt", ".pth", ".ckpt", ".bin")


def load(file: str, device: str, allow_noncommercial: bool = False) -> AcousticModel:
    """Load a checkpoint written by ctcalign's training.

    A pickle must hold only tensors, numbers and strings (it is read with weights_only=True): a mapping with "ctcalign"
    (the header, an object or its JSON) and "state_dict" (names to tensors).

    Raises:
        ModelError: no such file, another content, or a pickle that contains code.
    """
    name, path = f"checkpoint:{file}", Path(file)
    if not path.is_file():
        raise ModelError(f"{name}: no such file; give the path of a .safetensors file that ctcalign wrote")
    if path.suffix.lower() not in _PICKLES:
        header, trained = read_weights(path, name)
        if header.get("architecture") == ARCHITECTURE:
            return make_recogniser(header, trained, name, device)
        return load_checkpoint(path, name, device)
    header, weights = read_pickle(path, name)
    if header.get("architecture") == ARCHITECTURE:
        return make_recogniser(header, weights, name, device)
    from safetensors.torch import save_file

    with temporary_folder() as folder:
        copy = folder / "model.safetensors"
        tensors = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
        save_file(tensors, copy, metadata={"ctcalign": json.dumps(header)})
        return load_checkpoint(copy, name, device)


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
