"""What all pages have in common: the style, pictures as elements of HTML, and how a page is written."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from ctcalign.files import atomic_write
from ctcalign.report.pictures.figure import BLUE, save_figure

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


_BARS = """<svg viewBox="0 0 640 190" width="640" role="img" aria-label="{{ label }}" font-size="11" fill="#22272e">
{% for count in counts %}<rect x="{{ "%.1f"|format(30 + 600 * loop.index0 / counts|length) }}"
 y="{{ "%.1f"|format(150 - 140 * count / top) }}" width="{{ "%.1f"|format(600 / counts|length - 1) }}"
 height="{{ "%.1f"|format(140 * count / top) }}" fill="{{ colour }}">
<title>{{ "%.2f"|format(loop.index0 / counts|length) }} to {{ "%.2f"|format(loop.index / counts|length) }}:
 {{ count }}</title></rect>
{% endfor %}<path d="M30 150H630" stroke="#c9ccd1"/>{% for tenth in range(0, 11, 2) %}
<text x="{{ 30 + 60 * tenth }}" y="165" text-anchor="middle">{{ tenth / 10 }}</text>{% endfor %}
<text x="330" y="184" text-anchor="middle">{{ label }}</text>
<text x="26" y="18" text-anchor="end">{{ top }}</text></svg>"""


def histogram(counts: Sequence[int], label: str) -> str:
    """A histogram over 0 to 1 as an element of HTML; drawn here, because importing Matplotlib takes a second.

    Args:
        counts: of intervals of equal width.
        label: what is counted.
    """
    return rendered(_BARS, counts=counts, label=label, colour=BLUE, top=max(*counts, 1))


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
