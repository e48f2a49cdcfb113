"""The review page: one HTML file in which people hear, judge and correct an alignment. See docs/review.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctcalign.review.options import PageOptions
    from ctcalign.review.page import Page, write_page

__all__ = ["Page", "PageOptions", "write_page"]


def __getattr__(name: str) -> object:
    """Load the parts on first use, so that `import ctcalign.review` is fast."""
    if name == "PageOptions":
        from ctcalign.review.options import PageOptions

        return PageOptions
    if name in __all__:
        from ctcalign.review import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
