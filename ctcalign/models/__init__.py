"""Acoustic models: their protocol, the families that implement it, and the table of models by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.models.cards import ModelCard
    from ctcalign.models.devices import pick_device
    from ctcalign.models.protocol import AcousticModel
    from ctcalign.models.registry import list_models, load_model

_HOMES = {
    "AcousticModel": "ctcalign.models.protocol",
    "ModelCard": "ctcalign.models.cards",
    "pick_device": "ctcalign.models.devices",
    "list_models": "ctcalign.models.registry",
    "load_model": "ctcalign.models.registry",
}

__all__ = ["AcousticModel", "ModelCard", "list_models", "load_model", "pick_device"]


def __getattr__(name: str) -> Any:
    """Load a name on first use, since the table of models does not need torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
