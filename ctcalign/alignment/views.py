"""How an `Alignment` shows itself: functions of higher rooms, which the package hands in.

This room knows no other. `ctcalign/__init__.py` knows all of them and sets `VIEWS` when the package is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass
class Views:
    """The functions. The first argument of each is the alignment, the others are those of the method.

    Attributes:
        html: `Alignment._repr_html_`.
        figure: `Alignment.plot`.
        data_frame: `Alignment.to_dataframe`.
    """

    html: Callable[[Any], str] | None = None
    figure: Callable[..., Figure] | None = None
    data_frame: Callable[[Any, str], DataFrame] | None = None


VIEWS = Views()


def missing(name: str) -> RuntimeError:
    """The error for a function that was not handed in."""
    return RuntimeError(f"nothing gives Alignment.{name}; import ctcalign")
