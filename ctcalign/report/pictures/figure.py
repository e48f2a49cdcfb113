"""What all pictures share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.errors import UsageError

if TYPE_CHECKING:
    pass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = ("png", "svg", "pdf")


def picture_format(path: Path) -> str:
    """The format that the extension of `path` means.

    Raises:
        UsageError: another extension than .png, .svg or .pdf.
    """
    name = path.suffix.lower().lstrip(".")
    if name not in FORMATS:
        raise UsageError(f"{path}: no picture format has this extension, expected .png, .svg or .pdf")
    return name


BLUE, ORANGE, GREY, RED, INK = "#4c78a8", "#f0a03c", "#c9ccd1", "#d64f4f", "#22272e"


def save_figure(figure: Figure, stream: IO[bytes], format: str) -> None:
    """Write a figure as png, svg (its text stays text) or pdf."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format=format, dpi=110)


def check_picture(output: Path, overwrite: bool) -> str:
    """The format of a picture that may be written, before any work is done."""
    name = picture_format(output)
    if output.exists() and not overwrite:
        raise UsageError(f"output {output} is there already; give --overwrite to replace it")
    return name
