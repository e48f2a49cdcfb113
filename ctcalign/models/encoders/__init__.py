"""Encoders of trainable recognisers, from log-mel frames to hidden frames. Loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.models.encoders.base import Encoder as Encoder
    from ctcalign.models.encoders.conformer import ConformerEncoder as ConformerEncoder
    from ctcalign.models.encoders.convolutional import ConvEncoder as ConvEncoder
    from ctcalign.models.encoders.frontend import Frontend as Frontend
    from ctcalign.models.encoders.network import CtcNetwork as CtcNetwork
    from ctcalign.models.encoders.recogniser import Recogniser as Recogniser
    from ctcalign.models.encoders.streaming import StreamingEncoder as StreamingEncoder
    from ctcalign.models.encoders.whisper import WhisperEncoder as WhisperEncoder

_HOMES = {
    "Encoder": "base",
    "ConformerEncoder": "conformer",
    "ConvEncoder": "convolutional",
    "Frontend": "frontend",
    "CtcNetwork": "network",
    "Recogniser": "recogniser",
    "StreamingEncoder": "streaming",
    "WhisperEncoder": "whisper",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
