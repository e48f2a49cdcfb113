"""Files of captions and alignments: `read_captions`, `read_alignment`, `write`, and the table `FORMATS`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ctcalign.files import atomic_directory, atomic_write

if TYPE_CHECKING:
    from ctcalign.formats.captions import Captions, read_captions
    from ctcalign.formats.reading import from_captions, read_alignment
    from ctcalign.formats.registry import FORMATS, INPUT_FORMATS, OUTPUT_FORMATS, format_of
    from ctcalign.formats.shared.format import Format, WriteReport
    from ctcalign.formats.subtitles.limits import SubtitleLimits
    from ctcalign.formats.writing import plan_outputs, render, write

_HOMES = {
    "Captions": "captions",
    "FORMATS": "registry",
    "Format": "shared.format",
    "INPUT_FORMATS": "registry",
    "OUTPUT_FORMATS": "registry",
    "SubtitleLimits": "subtitles.limits",
    "WriteReport": "shared.format",
    "format_of": "registry",
    "from_captions": "reading",
    "plan_outputs": "writing",
    "read_alignment": "reading",
    "read_captions": "captions",
    "render": "writing",
    "write": "writing",
}

__all__ = [
    "FORMATS",
    "INPUT_FORMATS",
    "OUTPUT_FORMATS",
    "Captions",
    "Format",
    "SubtitleLimits",
    "WriteReport",
    "atomic_directory",
    "atomic_write",
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
