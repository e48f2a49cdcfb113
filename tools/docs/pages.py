"""The pages of the repository as HTML: the README, the changes, docs/ and egs/, and every file that they link to."""

from __future__ import annotations

import html
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import markdown2

ROOT = Path(__file__).resolve().parents[2]
FIRST = ["README.md", "CHANGELOG.md", *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "docs").glob("*.md")),
         *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "egs").rglob("README.md"))]  # fmt: skip
TARGET = re.compile(r'(href|src)="([^"#]+)(#[^"]*)?"')
CODE = re.compile(r"<pre>.*?</pre>|<code>.*?</code>", re.DOTALL)
STYLE = """body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 sans-serif; color: #22272e }
pre, code { background: #f3f4f6; border-radius: 3px } pre { padding: .8rem; overflow-x: auto }
table { border-collapse: collapse } td, th { border: 1px solid #d0d4da; padding: .2rem .6rem; text-align: left }
img { max-width: 100% }"""


@dataclass
class Pages:
    """Pages by their path below `root`, as HTML without a frame, and the other files that they link to."""

    root: Path
    bodies: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


def collect(root: Path = ROOT, first: list[str] | None = None) -> Pages:
    """The first pages, and what can be reached from them through links to files below `root`."""
    pages = Pages(root)
    waiting = list(FIRST if first is None else first)
    while waiting:
        page = waiting.pop()
        if page in pages.bodies:
            continue
        text = (root / page).read_text(encoding="utf-8")
        pages.bodies[page] = markdown2.markdown(text, extras=["tables", "fenced-code-blocks", "header-ids"])
        heads = (line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
        pages.titles[page] = next(heads, page).replace("`", "")
        for target in _targets(page, pages.bodies[page]):
            if not (root / target).is_file() or target.startswith(".."):
                continue  # a broken link, which is found in the web page
            if target.endswith(".md"):
                waiting.append(target)
            else:
                pages.files.add(target)
    return pages


def write(pages: Pages, site: Path) -> None:
    """Write the pages, with links to each other, and copy the other files."""
    for page, body in pages.bodies.items():
        target = site / _web_name(page)
        target.parent.mkdir(parents=True, exist_ok=True)
        up = os.path.relpath(".", os.path.dirname(page) or ".")
        target.write_text(framed(pages.titles[page], _relinked(page, body, pages.bodies), up), encoding="utf-8")
    for file in pages.files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pages.root / file, site / file)


def framed(title: str, body: str, up: str) -> str:
    """A whole web page.

    Args:
        title: its title, as text.   body: its content, as HTML.   up: the way from its folder to that of the site.
    """
    links = {"README": "ctcalign", "docs/index": "documentation", "commands": "commands", "api/index": "Python"}
    nav = " · ".join(f'<a href="{up}/{target}.html">{name}</a>' for target, name in links.items())
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"
    return f"{head}<style>{STYLE}</style><nav>{nav}</nav>{body}\n"


def _web_name(page: str) -> str:
    return page.removesuffix(".md") + ".html"


def _targets(page: str, body: str) -> list[str]:
    found = (match[2] for match in TARGET.finditer(CODE.sub("", body)))
    return [os.path.normpath(os.path.join(os.path.dirname(page), target)) for target in found if ":" not in target]


def _relinked(page: str, body: str, known: dict[str, str]) -> str:
    here = os.path.dirname(page)

    def to_html(match: re.Match[str]) -> str:
        if ":" in match[2] or os.path.normpath(os.path.join(here, match[2])) not in known:
            return match[0]
        return f'{match[1]}="{_web_name(match[2])}{match[3] or ""}"'

    return TARGET.sub(to_html, body)
