"""Load a model by its name. A family of models is one row of `FAMILIES` and the file that loads it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctcalign.errors import MissingPackageError, UsageError
from ctcalign.extras import is_installed
from ctcalign.language_codes import same_language
from ctcalign.models.cards import ModelCard, builtin_cards, check_licence, file_card, torchaudio_cards
from ctcalign.models.devices import pick_device
from ctcalign.models.precision import Autocast, Precision, check_precision
from ctcalign.threads import wait_passively

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel


# The default model: the accurate one, if there is enough memory for it.
AUTO = "auto"
ACCURATE, FAST = "builtin:en-robust", "builtin:en"
# Default model for captions of other languages, of the same size.
OF_LANGUAGE = {"de": "builtin:de-fr", "fr": "builtin:de-fr"}
# Bytes that a process with the accurate model needs, with a margin.
NEEDED = 700_000_000


@dataclass(frozen=True)
class Family:
    """Models whose names begin with the same word and a colon.

    Attributes:
        argument: the part after the colon, for messages.
        module: the module that loads them; its `load(argument, device, allow_noncommercial)` returns the model.
        cards: lists its models for the table, without importing `module`.
        suffixes: extensions of files that are models of this family.
        torch: the extra that installs torch for its models, which run on the device that `pick_device` returns; None:
            they need no torch.
        precisions: precisions of its models besides "auto"; empty: determined by their files.
    """

    argument: str
    module: str
    cards: Callable[[], list[ModelCard]]
    suffixes: tuple[str, ...] = ()
    torch: str | None = "torch"
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")


def _one(name: str, package: str, extra: str | None) -> list[ModelCard]:
    return [file_card(name, package, extra)]


FAMILIES = {
    "builtin": Family("en", "ctcalign.models.builtin.model", builtin_cards, torch=None, precisions=("float32", "int8")),
    "torchaudio": Family("BUNDLE", "ctcalign.models.torchaudio_bundle", torchaudio_cards, torch="torchaudio"),
    "hf": Family(
        "NAME",
        "ctcalign.models.hugging_face.model",
        partial(_one, "hf:NAME or hf:FOLDER", "transformers", "hf"),
        torch="hf",
    ),
    "onnx": Family(
        "FILE",
        "ctcalign.models.onnx_file",
        partial(_one, "onnx:FILE", "onnxruntime", None),
        (".onnx",),
        torch=None,
        precisions=(),
    ),
    "checkpoint": Family(
        "FILE",
        "ctcalign.models.checkpoint",
        partial(_one, "checkpoint:FILE", "torch", "torch"),
        (".safetensors", ".pt", ".pth", ".ckpt"),
    ),
}


def list_models() -> list[ModelCard]:
    """All models that have a name, and one card for each family that takes a file or a name on a hub.

    >>> import ctcalign
    >>> [card.name for card in ctcalign.list_models() if card.name.startswith("builtin:")]
    ['builtin:en', 'builtin:en-robust', 'builtin:de-fr']
    """
    return [card for family in FAMILIES.values() for card in family.cards()]


def load_model(
    name: str,
    device: str = "auto",
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    max_memory: int | None = None,
    language: str | None = None,
) -> AcousticModel:
    """Load an acoustic model.

    Args:
        name: "auto" (the built-in model that `default_model` chooses), "builtin:en", "builtin:en-robust",
            "builtin:de-fr", "torchaudio:WAV2VEC2_ASR_BASE_960H", "hf:NAME" or "hf:FOLDER", "onnx:FILE" or
            "checkpoint:FILE"; `list_models` lists them.
        device: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1", "mps".
        allow_noncommercial: accept licences that forbid commercial use.
        precision: in which it computes. "auto": float32, or what an ONNX file says; "bfloat16": models that run in
            torch; "int8": built-in models.
        max_memory: bytes that the process may use, for "auto".
        language: code of the language that is spoken, for "auto".
    Raises:
        UsageError: unknown model or device, or a precision that this model or device does not have.
        ModelError: it cannot be loaded, or its licence was not accepted.

    >>> import ctcalign
    >>> model = ctcalign.load_model("builtin:en")
    >>> model.name, model.sample_rate, model.frame_shift
    ('builtin:en', 16000, 0.02)
    """
    if name == AUTO:
        name, warning = default_model(max_memory, language)
        chosen: Any = _load(name, device, allow_noncommercial, precision)
        chosen.warnings = [warning] if warning else []
        default: AcousticModel = chosen
        return default
    return _load(name, device, allow_noncommercial, precision)


def _load(name: str, device: str, allow_noncommercial: bool, precision: Precision) -> AcousticModel:
    family, _, argument = name.partition(":")
    if family not in FAMILIES or not argument:
        raise UsageError(f"model: {name!r} is not the name of a model; {remedy(name)}")
    entry = FAMILIES[family]
    check_precision(precision, name, entry.precisions)
    if entry.torch and not is_installed("torch"):
        raise MissingPackageError(f"{name}: needs torch; pip install 'ctcalign[{entry.torch}]'")
    if entry.torch:
        wait_passively()
    place = pick_device(device) if entry.torch else device
    quantised = {"quantised": True} if precision == "int8" else {}
    model: AcousticModel = import_module(entry.module).load(argument, place, allow_noncommercial, **quantised)
    check_licence(name, model.licence, allow_noncommercial)
    return Autocast(model, place) if precision == "bfloat16" else model


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


def named(model: str, language: str | None = None) -> str:
    """The name of a model; "auto" is replaced by the default model for this machine and the language."""
    return default_model(language=language)[0] if model == AUTO else model


def default_model(max_memory: int | None = None, language: str | None = None) -> tuple[str, str | None]:
    """The name of the default model, and a message if the fast one was chosen because memory is short.

    Args:
        max_memory: bytes that the process may use; None: what the machine has free.
        language: code of the language that is spoken; None: English.
    """
    free = free_bytes() if max_memory is None else max_memory
    own = next((model for code, model in OF_LANGUAGE.items() if language and same_language(code, language)), ACCURATE)
    if free is None or free >= NEEDED:
        return own, None
    reason = "is free" if max_memory is None else "is allowed"
    return FAST, (
        f"model: {FAST} was used, since {free / 1e6:.0f} MB of memory {reason} and {own} needs "
        f"{NEEDED / 1e6:.0f} MB; name one with --model"
    )


def free_bytes() -> int | None:
    """Memory available without swapping, in bytes; None if the system does not report it."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
