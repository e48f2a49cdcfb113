"""ctcalign: alignments of CTC speech recognisers.

    import ctcalign
    alignment = ctcalign.align("talk.mp4", "talk.srt")
    alignment.save("talk.vtt")

The names below are loaded when they are first used, so that `import ctcalign` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ctcalign.alignment.views import VIEWS as _VIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure
    from pandas import DataFrame

    from ctcalign.adapt.run import adapt
    from ctcalign.aligner.options import AlignOptions
    from ctcalign.aligner.run import align
    from ctcalign.aligner.together import align_together
    from ctcalign.aligner.transcription import transcribe
    from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
    from ctcalign.audio import load_audio, open_audio
    from ctcalign.calibration.run import calibrate
    from ctcalign.corrections.run import apply_edits
    from ctcalign.errors import CtcAlignError
    from ctcalign.filtering.alignments import filter as filter
    from ctcalign.formats import read_alignment
    from ctcalign.formats.captions import read_captions
    from ctcalign.formats.converting import convert
    from ctcalign.models import list_models, load_model
    from ctcalign.scoring.run import score
    from ctcalign.search.run import search_phrases

__version__ = "0.1.0"

_HOMES = {
    "align": "ctcalign.aligner.run",
    "align_together": "ctcalign.aligner.together",
    "transcribe": "ctcalign.aligner.transcription",
    "AlignOptions": "ctcalign.aligner.options",
    "calibrate": "ctcalign.calibration.run",
    "convert": "ctcalign.formats.converting",
    "filter": "ctcalign.filtering.alignments",
    "score": "ctcalign.scoring.run",
    "Alignment": "ctcalign.alignment.alignment",
    "AlignedCue": "ctcalign.alignment.alignment",
    "AlignedWord": "ctcalign.alignment.alignment",
    "AlignedToken": "ctcalign.alignment.alignment",
    "apply_edits": "ctcalign.corrections.run",
    "CtcAlignError": "ctcalign.errors",
    "list_models": "ctcalign.models",
    "load_model": "ctcalign.models",
    "load_audio": "ctcalign.audio",
    "open_audio": "ctcalign.audio",
    "read_alignment": "ctcalign.formats",
    "read_captions": "ctcalign.formats",
    "search_phrases": "ctcalign.search.run",
}
_ROOMS = frozenset({"adapt", "audio", "cli", "ctc", "errors", "formats", "models", "report", "text"})

__all__ = [  # without "filter": `from ctcalign import *` must not hide Python's own
    "AlignOptions",
    "AlignedCue",
    "AlignedToken",
    "AlignedWord",
    "Alignment",
    "CtcAlignError",
    "__version__",
    "adapt",
    "align",
    "align_together",
    "apply_edits",
    "calibrate",
    "convert",
    "list_models",
    "load_audio",
    "load_model",
    "open_audio",
    "read_alignment",
    "read_captions",
    "score",
    "search_phrases",
    "transcribe",
]


def _html(alignment: Alignment) -> str:
    """`Alignment._repr_html_`, by the room `report`."""
    from ctcalign.report.notebook import alignment_html

    return alignment_html(alignment)


def _figure(alignment: Alignment, start: float, end: float | None, audio: str | Path | None, **options: Any) -> Figure:
    """`Alignment.plot`, by the room `report`."""
    from ctcalign.report.notebook import shown_figure

    return shown_figure(alignment, start, end, audio, **options)


def _data_frame(alignment: Alignment, level: str) -> DataFrame:
    """`Alignment.to_dataframe`, by the room `report`."""
    from ctcalign.report.tables.data_frame import to_dataframe

    return to_dataframe(alignment, level)


_VIEWS.html, _VIEWS.figure, _VIEWS.data_frame = _html, _figure, _data_frame


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({name for name in globals() if name.startswith("__")} | {*_HOMES, *_ROOMS})
