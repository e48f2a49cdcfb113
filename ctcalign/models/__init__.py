"""Acoustic models: the protocol, its families and the table of what can be loaded by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.models.cards import ModelCard, list_models
    from ctcalign.models.device import pick_device
    from ctcalign.models.protocol import AcousticModel
    from ctcalign.models.registry import load_model

_HOMES = {
    "AcousticModel": "ctcalign.models.protocol",
    "ModelCard": "ctcalign.models.cards",
    "pick_device": "ctcalign.models.device",
    "list_models": "ctcalign.models.cards",
    "load_model": "ctcalign.models.registry",
}

__all__ = ["AcousticModel", "ModelCard", "list_models", "load_model", "pick_device"]


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: the table of models needs no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
