"""Load a model by its name. A family of models is one row of `FAMILIES` and the file that loads it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from ctcalign.errors import UsageError
from ctcalign.models.cards import ModelCard, builtin_cards, check_licence, file_card, torchaudio_cards

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel


@dataclass(frozen=True)
class Family:
    """Models whose names begin with the same word and a colon.

    Attributes:
        argument: the part after the colon, for messages.
        module: the module that loads them; its `load(argument, device, allow_noncommercial)` returns the model.
        cards: lists its models for the table, without importing `module`.
        suffixes: of files that are models of this family.
    """

    argument: str
    module: str
    cards: Callable[[], list[ModelCard]]
    suffixes: tuple[str, ...] = ()


def _one(name: str, package: str, extra: str | None) -> list[ModelCard]:
    return [file_card(name, package, extra)]


FAMILIES = {
    "builtin": Family("en", "ctcalign.models.builtin.model", builtin_cards),
    "torchaudio": Family("BUNDLE", "ctcalign.models.torchaudio_bundle", torchaudio_cards),
    "hf": Family("NAME", "ctcalign.models.hugging_face", partial(_one, "hf:NAME or hf:FOLDER", "transformers", "hf")),
    "onnx": Family("FILE", "ctcalign.models.onnx_file", partial(_one, "onnx:FILE", "onnxruntime", "onnx"), (".onnx",)),
    "checkpoint": Family(
        "FILE",
        "ctcalign.models.checkpoint",
        partial(_one, "checkpoint:FILE", "safetensors", None),
        (".safetensors", ".pt", ".pth", ".ckpt"),
    ),
}


def list_models() -> list[ModelCard]:
    """All models that have a name, and one card for each family that takes a file or a name on a hub."""
    return [card for family in FAMILIES.values() for card in family.cards()]


def load_model(name: str, device: str = "auto", allow_noncommercial: bool = False) -> AcousticModel:
    """Load an acoustic model.

    Args:
        name: "builtin:en", "torchaudio:WAV2VEC2_ASR_BASE_960H", "hf:NAME" or "hf:FOLDER", "onnx:FILE" or
            "checkpoint:FILE"; `list_models` lists them.
        device: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1", "mps".
        allow_noncommercial: accept licences that forbid commercial use.
    Raises:
        UsageError: unknown model or device.
        ModelError: it cannot be loaded, or its licence was not accepted.
    """
    family, _, argument = name.partition(":")
    if family not in FAMILIES or not argument:
        raise UsageError(f"model: {name!r} is not the name of a model; {remedy(name)}")
    place = pick_device(device)
    model: AcousticModel = import_module(FAMILIES[family].module).load(argument, place, allow_noncommercial)
    check_licence(name, model.licence, allow_noncommercial)
    return model


def pick_device(device: str = "auto") -> str:
    """The device to use: "auto" is a GPU if there is one, else the CPU.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps" or another name that torch knows.
    Raises:
        UsageError: no such device here.
    """
    import torch

    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if device == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    try:
        requested = torch.device(device)
    except RuntimeError:
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}") from None
    if requested.type == "cuda":
        count = torch.cuda.device_count() if cuda else 0
        if count == 0:
            raise UsageError(f"device: {device} was requested but torch finds no CUDA device; use --device cpu or auto")
        if (requested.index or 0) >= count:
            raise UsageError(
                f"device: {device} was requested but there are {count} CUDA devices (cuda:0 to cuda:{count - 1})"
            )
    elif requested.type == "mps" and not mps:
        raise UsageError("device: mps was requested but torch finds no Apple GPU; use --device cpu or auto")
    elif requested.type not in ("cpu", "mps"):
        raise UsageError(f"device: expected auto, cpu, cuda, cuda:N or mps, got {device!r}")
    return device


def remedy(name: str) -> str:
    """Suggestion for an unknown name."""
    for family, entry in FAMILIES.items():
        if name.lower().endswith(entry.suffixes or ("\0",)):
            return f"for a file use {family}:{name.rpartition(':')[2]}"
    if "/" in name:
        return f"for a model of the Hugging Face hub or a folder use hf:{name}"
    known = [card.name for card in list_models() if " " not in card.name and "FILE" not in card.name]
    by_key = {known_name.lower(): known_name for known_name in known}
    by_key.update({known_name.partition(":")[2].lower(): known_name for known_name in known})
    near = difflib.get_close_matches(name.lower(), list(by_key), n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(dict.fromkeys(by_key[key] for key in near))}? (ctcalign models lists all)"
    *names, last = [f"{family}:{entry.argument}" for family, entry in FAMILIES.items()]
    return f"expected {', '.join(names)} or {last} (ctcalign models lists all)"
