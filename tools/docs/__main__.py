"""Build the documentation as web pages: the README, docs/, what they link to, the help of the commands, the docstrings.

  python -m tools.docs SITE

A link that leads nowhere, on any page, is an error. Needs no network.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.docs import api, commands, links, pages


def build(site: Path) -> list[str]:
    """Write all web pages below a folder, and return their broken links, `PAGE: LINK` each."""
    found = pages.collect()
    pages.write(found, site)
    (site / "commands.html").write_text(pages.framed("Commands", commands.render(), "."), encoding="utf-8")
    (site / "index.html").write_text('<!doctype html><meta http-equiv=refresh content="0; url=README.html">\n')
    api.write(site / "api")
    return links.broken(site)


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    site = Path(sys.argv[1])
    if bad := build(site):
        sys.exit("links that lead nowhere:\n" + "\n".join(bad))
    print(f"{site}/index.html: {len(list(site.rglob('*.html')))} pages")


if __name__ == "__main__":
    main()
