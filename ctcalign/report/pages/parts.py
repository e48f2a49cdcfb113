"""What all pages have in common: the style, pictures as elements of HTML, and how a page is written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from ctcalign.files import atomic_write
from ctcalign.report.pictures.figure import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #22272e; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .7rem; border-bottom: 1px solid #c9ccd1 }
th { text-align: left } td.number { text-align: right; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto } .no { color: #d64f4f } small { color: #666 }
"""


def svg(figure: Figure) -> str:
    """The picture as an element of HTML."""
    stream = io.BytesIO()
    save_figure(figure, stream, "svg")
    text = stream.getvalue().decode()
    return text[text.index("<svg") :]


def rendered(template: str, **values: object) -> str:
    """The page of a template of Jinja, with the style as `style`; text in it is escaped."""
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(template).render(style=STYLE, **values)


def write_html(page: str, output: Path) -> None:
    """Write a page, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with atomic_write(output) as stream:
        stream.write(page)
