"""`Alignment` to files and back: `write`, `read_alignment`, and `FORMATS`, what each format can hold."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.formats.atomic import atomic_directory, atomic_write
    from ctcalign.formats.reading import from_captions, read_alignment
    from ctcalign.formats.registry import FORMATS, Format, format_of
    from ctcalign.formats.rendered import WriteReport
    from ctcalign.formats.writing import plan_outputs, render, write

_HOMES = {
    "FORMATS": "registry",
    "Format": "registry",
    "WriteReport": "rendered",
    "atomic_directory": "atomic",
    "atomic_write": "atomic",
    "format_of": "registry",
    "from_captions": "reading",
    "plan_outputs": "writing",
    "read_alignment": "reading",
    "render": "writing",
    "write": "writing",
}

__all__ = [
    "FORMATS",
    "Format",
    "WriteReport",
    "atomic_directory",
    "atomic_write",
    "format_of",
    "from_captions",
    "plan_outputs",
    "read_alignment",
    "render",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
