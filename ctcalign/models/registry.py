"""Load a model by its name."""

from __future__ import annotations

import difflib

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import list_models
from ctcalign.models.device import pick_device
from ctcalign.models.licences import check_licence
from ctcalign.models.protocol import AcousticModel

_FAMILIES = ("builtin", "torchaudio", "hf", "onnx", "checkpoint")
_SUFFIXES = {
    ".onnx": "onnx",
    ".safetensors": "checkpoint",
    ".pt": "checkpoint",
    ".pth": "checkpoint",
    ".ckpt": "checkpoint",
}


def load_model(name: str, device: str = "auto", allow_noncommercial: bool = False) -> AcousticModel:
    """Load an acoustic model.

    Args:
        name: "builtin:en", "torchaudio:WAV2VEC2_ASR_BASE_960H", "hf:NAME" or "hf:FOLDER", "onnx:FILE" or
            "checkpoint:FILE"; `list_models` has them all.
        device: "auto" (a GPU when there is one), "cpu", "cuda", "cuda:1", "mps".
        allow_noncommercial: accept licences that forbid commercial use.
    Raises:
        UsageError: no such model or device.
        ModelError: it cannot be loaded, or its licence was not accepted.
    """
    family, _, rest = name.partition(":")
    if family not in _FAMILIES or not rest:
        raise UsageError(f"model: {name!r} is no name of a model; {_remedy(name)}")
    place = pick_device(device)
    model: AcousticModel
    if family == "builtin":
        model = _builtin(name, place)
    elif family == "torchaudio":
        from ctcalign.models.torchaudio_bundle import load_bundle

        model = load_bundle(rest, place, allow_noncommercial)
    elif family == "hf":
        from ctcalign.models.hugging_face import load_hugging_face

        model = load_hugging_face(rest, place, allow_noncommercial)
    elif family == "onnx":
        from ctcalign.models.onnx_file import load_onnx

        model = load_onnx(rest, place, allow_noncommercial)
    else:
        from ctcalign.models.checkpoint import load_checkpoint_file

        model = load_checkpoint_file(rest, place)
    check_licence(name, model.licence, allow_noncommercial)
    return model


def _builtin(name: str, device: str) -> AcousticModel:
    known = [card.name for card in list_models() if card.name.startswith("builtin:")]
    if name not in known:
        raise UsageError(f"model: there is no {name!r}; {_remedy(name)}")
    from ctcalign.models.builtin.model import load_builtin

    try:
        return load_builtin(name, device)
    except ImportError as error:
        raise ModelError(f"{name}: {error}; install ctcalign again with all of its dependencies") from None


def _remedy(name: str) -> str:
    """What the user may have meant."""
    for suffix, family in _SUFFIXES.items():
        if name.lower().endswith(suffix):
            return f"for a file give {family}:{name.rpartition(':')[2]}"
    if "/" in name:
        return f"for a model of the Hugging Face hub or a folder give hf:{name}"
    known = [card.name for card in list_models() if " " not in card.name and "FILE" not in card.name]
    by_key = {known_name.lower(): known_name for known_name in known}
    by_key.update({known_name.partition(":")[2].lower(): known_name for known_name in known})
    near = difflib.get_close_matches(name.lower(), list(by_key), n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(dict.fromkeys(by_key[key] for key in near))}? (ctcalign models lists all)"
    return "expected builtin:en, torchaudio:BUNDLE, hf:NAME, onnx:FILE or checkpoint:FILE (ctcalign models lists all)"
