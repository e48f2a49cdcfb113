"""How an `Alignment` shows itself: functions of higher rooms, which the package hands in.

This room knows no other. `ctcalign/__init__.py` knows all of them and sets `VIEWS` when the package is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ctcalign.alignment.alignment import Alignment


@dataclass
class Views:
    """The functions.

    Attributes:
        html: a table for notebooks.
        figure: a picture of a part of the recording: alignment, start, end, recording, further options.
    """

    html: Callable[[Alignment], str] | None = None
    figure: Callable[[Alignment, float, float | None, str | Path | None, dict[str, Any]], Figure] | None = None


VIEWS = Views()
