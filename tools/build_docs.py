#!/usr/bin/env python3
"""Build the documentation as web pages, from the package's docstrings and the pages of docs/.

  tools/build_docs.py SITE

A link to a file that does not exist is an error. Needs no network.
"""

from __future__ import annotations

import html
import os
import re
import sys
from pathlib import Path

import markdown2
import pdoc

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CHANGELOG.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md")),
         *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "egs").glob("**/README.md"))]  # fmt: skip
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
STYLE = """body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 sans-serif; color: #22272e }
pre, code { background: #f3f4f6; border-radius: 3px } pre { padding: .8rem; overflow-x: auto }
table { border-collapse: collapse } td, th { border: 1px solid #d0d4da; padding: .2rem .6rem; text-align: left }"""


def broken_links(page: str, text: str, root: Path = ROOT) -> list[str]:
    """Links of a page (a path below `root`) to files that do not exist."""
    here = (root / page).parent
    targets = [match[1] for match in LINK.finditer(text)]
    return [target for target in targets if "://" not in target and not (here / target).exists()]


def render(page: str, text: str) -> str:
    """One page as HTML; links to other pages point to their HTML."""
    here = os.path.dirname(page)

    def to_html(match: re.Match[str]) -> str:
        target = os.path.normpath(os.path.join(here, match[1]))
        if target in PAGES:
            return f"]({os.path.relpath(target.removesuffix('.md') + '.html', here or '.')}{match[2] or ''})"
        return match[0]

    body = markdown2.markdown(LINK.sub(to_html, text), extras=["tables", "fenced-code-blocks", "header-ids"])
    title = html.escape(next((line.lstrip("# ") for line in text.splitlines() if line.startswith("#")), page))
    up = os.path.relpath(".", here or ".")
    nav = f'<nav><a href="{up}/README.html">ctcalign</a> · <a href="{up}/docs/index.html">documentation</a> · '
    nav += f'<a href="{up}/api/ctcalign.html">Python</a></nav>'
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>{nav}{body}\n"


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    site = Path(sys.argv[1])
    broken = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        broken += [f"{page}: {link}" for link in broken_links(page, text)]
        target = site / page.removesuffix(".md")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.with_suffix(".html").write_text(render(page, text), encoding="utf-8")
    if broken:
        sys.exit("links to files that do not exist:\n" + "\n".join(broken))
    (site / "index.html").write_text('<!doctype html><meta http-equiv=refresh content="0; url=README.html">\n')
    pdoc.render.configure(docformat="google")
    pdoc.pdoc("ctcalign", "!ctcalign.__main__", output_directory=site / "api")
    print(f"{site}/index.html: {len(PAGES)} pages and the package's own documentation")


if __name__ == "__main__":
    main()
