"""Files and back: `read_captions`, `read_alignment`, `write`, and `FORMATS`, what each format can hold."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.formats.captions import Captions, read_captions
    from ctcalign.formats.reading import from_captions, read_alignment
    from ctcalign.formats.registry import CAPTION_FORMATS, FORMATS, Format, format_of
    from ctcalign.formats.shared.rendered import WriteReport
    from ctcalign.formats.writing import plan_outputs, render, write

_HOMES = {
    "CAPTION_FORMATS": "registry",
    "Captions": "captions",
    "FORMATS": "registry",
    "Format": "registry",
    "WriteReport": "shared.rendered",
    "format_of": "registry",
    "from_captions": "reading",
    "plan_outputs": "writing",
    "read_alignment": "reading",
    "read_captions": "captions",
    "render": "writing",
    "write": "writing",
}

__all__ = [
    "CAPTION_FORMATS",
    "FORMATS",
    "Captions",
    "Format",
    "WriteReport",
    "format_of",
    "from_captions",
    "plan_outputs",
    "read_alignment",
    "read_captions",
    "render",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
