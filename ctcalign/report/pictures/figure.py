"""Common parts of all pictures: colours, file formats, and writing."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from ctcalign.errors import OutputExistsError, UsageError
from ctcalign.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
BLUE, ORANGE, GREY, RED, INK = "#4c78a8", "#f0a03c", "#c9ccd1", "#d64f4f", "#22272e"


def check_picture(output: Path, overwrite: bool) -> str:
    """The format of a picture, checked before any work is done.

    Raises:
        UsageError: another extension than .png, .svg or .pdf, or `output` exists.
    """
    name = output.suffix.lower().lstrip(".")
    if name not in FORMATS:
        raise UsageError(f"{output}: no picture format has this extension, expected .png, .svg or .pdf")
    if output.exists() and not overwrite:
        raise OutputExistsError(output)
    return name


def write_picture(figure: Figure, output: Path, format: str) -> None:
    """Write a picture atomically.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic_write(output, "wb") as stream:
        save_figure(figure, stream, format)


def save_figure(figure: Figure, stream: IO[bytes], format: str) -> None:
    """Write a figure as png, svg (with text as text) or pdf."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format=format, dpi=110)
