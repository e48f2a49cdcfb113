"""A figure that a notebook shows without pyplot. Importing this module imports Matplotlib."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from ctcalign.report.pictures.figure import save_figure


class ShownFigure(Figure):
    """A figure of Matplotlib. IPython shows figures of pyplot alone, and pyplot keeps every figure in memory."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        save_figure(self, stream, "png")
        return stream.getvalue()
