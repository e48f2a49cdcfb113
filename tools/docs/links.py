"""Links of a built site: each leads to a file that is there, and to an anchor of it; nothing is loaded from the web."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements and attributes whose content a browser loads by itself.
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("audio", "src")}


class _Page(HTMLParser):
    """The links and the anchors of a web page, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors = {"", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)
                if (tag, name) in LOADED:
                    self.loaded.append(value)


def _parsed(site: Path) -> dict[Path, _Page]:
    pages = {}
    for file in sorted(site.resolve().rglob("*.html")):
        pages[file] = _Page()
        pages[file].feed(file.read_text(encoding="utf-8"))
    return pages


def broken(site: Path) -> list[str]:
    """Links to files or anchors that the site does not have, `PAGE: LINK` each. Links to the web are not followed."""
    site = site.resolve()
    pages = _parsed(site)
    found = []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file
            inside = target.is_relative_to(site) and target.is_file()
            if not inside or (target in pages and unquote(parts.fragment) not in pages[target].anchors):
                found.append(f"{file.relative_to(site)}: {link}")
    return found


def foreign(site: Path) -> list[str]:
    """What pages load from elsewhere than the site, `PAGE: ADDRESS` each."""
    site = site.resolve()
    return [
        f"{file.relative_to(site)}: {link}"
        for file, page in _parsed(site).items()
        for link in page.loaded
        if urlsplit(link).netloc
    ]
