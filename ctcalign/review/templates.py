"""The HTML templates of the pages: values are escaped, and a name without a value is an error."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ctcalign.review.assets import ASSETS


def template(name: str) -> Template:
    """A template by its file below `assets/`."""
    environment = Environment(
        loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(name)
