"""Formulas of LaTeX in a page as MathML."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

FORMULA = re.compile(r'<(span|div) class="arithmatex">(\\\(|\\\[)(.*?)(\\\)|\\\])</\1>', re.DOTALL)


def to_mathml(page: str) -> str:
    """Replace what pymdownx.arithmatex marks: `\\(...\\)` inside text, `\\[...\\]` as a block."""

    def converted(match: re.Match[str]) -> str:
        return str(convert(html.unescape(match[3]).strip(), display="block" if match[1] == "div" else "inline"))

    return FORMULA.sub(converted, page)
