"""Hooks of MkDocs: pages at their paths in the repository, generated pages of reference, links to the API, formulas.

MkDocs takes pages from one folder. Here the README, docs/ and egs/ link to each other and to other files, and a code
host shows them too, so the site keeps the layout of the repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools.docs import api, formulas, tutorials

ROOT = Path(__file__).resolve().parents[2]
TARGET = re.compile(r"\]\(<?([^)#\s>]+)[^)]*\)|(?:href|src)=\"([^\"#]+)")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?<![`\[\w])`(ctcalign(?:\.\w+)+)(?:\(\))?`(?![`\]])")
NESTED = re.compile(r"^( {2,3})```.*?^\1```$", re.MULTILINE | re.DOTALL)
CLI = """# Commands

::: mkdocs-click
    :module: tools.docs.command_line
    :command: commands
    :prog_name: ctcalign
    :depth: 1
    :style: table
"""


def first_pages(root: Path = ROOT) -> list[str]:
    """The pages from which all others are found: README, changes, docs/, the notes of the recipes."""
    found = [
        root / "README.md",
        root / "CHANGELOG.md",
        *(root / "docs").rglob("*.md"),
        *(root / "egs").rglob("README.md"),
    ]
    return sorted(str(file.relative_to(root)) for file in found if file.is_file())


def collect(root: Path = ROOT) -> list[str]:
    """The pages, and all files that can be reached from them through links below `root`, as paths below it."""
    found: set[str] = set()
    waiting = first_pages(root)
    while waiting:
        page = waiting.pop()
        if page in found:
            continue
        found.add(page)
        if page.endswith(".md"):
            waiting += [target for target in targets(page, (root / page).read_text(encoding="utf-8"))
                        if (root / target).is_file()]  # fmt: skip
    return sorted(found)


def targets(page: str, text: str) -> Iterator[str]:
    """Files that a page links to, as paths below the root; those outside it and on the web are left out."""
    for match in TARGET.finditer(CODE.sub("", text)):
        target = match[1] or match[2]
        path = os.path.normpath(os.path.join(os.path.dirname(page), target))
        if ":" not in target and not path.startswith(".."):
            yield path


def generated() -> dict[str, str]:
    """Pages that are written for the site alone, by path."""
    return {"docs/reference/cli.md": CLI, **api.pages("docs/reference/api")}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the API into the navigation."""
    (reference,) = [part["Reference"] for part in config.nav or [] if "Reference" in part]
    for entry in reference:
        if "Python" in entry:
            entry["Python"] = [page for page in generated() if "/api/" in page]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of the folder docs by those of the repository, and add the generated pages."""
    for file in list(files):
        if file.src_dir == config.docs_dir and not file.src_uri.startswith("assets/"):
            files.remove(file)
    for path in collect():
        files.append(File(path, str(ROOT), config.site_dir, use_directory_urls=False))
    for path, text in generated().items():
        files.append(File.generated(config, path, content=text))
    for page in tutorials.pages():
        book = tutorials.notebook((ROOT / page).read_text(encoding="utf-8"), (ROOT / page).parent)
        files.append(File.generated(config, page.replace(".md", ".ipynb"), content=nbformat.writes(book)))
    return files


@cache
def documented() -> frozenset[str]:
    """Full names that have a description on a page of the API."""
    return frozenset(api.documented())


def on_page_markdown(markdown: str, page: Page, **kwargs: Any) -> str:
    """Link names such as `ctcalign.ctc.best_path` to their descriptions."""
    if page.file.src_uri.startswith("docs/reference/api/"):
        return markdown
    markdown = NESTED.sub(_deeper, markdown)

    def linked(match: re.Match[str]) -> str:
        return f"[{match[0]}][{match[1]}]" if match[1] in documented() else match[0]

    if page.file.src_uri in tutorials.pages():
        markdown += f"\n\n[This tutorial as a notebook]({Path(page.file.src_uri).stem}.ipynb)\n"
    blocks = re.split(r"(^ *```.*?^ *```$|^#[^\n]*$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if i % 2 else NAME.sub(linked, part) for i, part in enumerate(blocks))


def _deeper(match: re.Match[str]) -> str:
    """A block of code inside a list: Python-Markdown wants four spaces where code hosts are content with two."""
    return re.sub(rf"^{match[1]}", "    ", match[0], flags=re.MULTILINE)


def on_page_content(html: str, page: Page, **kwargs: Any) -> str:
    """Formulas as MathML, which browsers draw without a script; no default where an option has none."""
    if page.file.src_uri == "docs/reference/cli.md":
        html = re.sub(r"<td>(None|<code>Sentinel.UNSET</code>)</td>", "<td></td>", html)
    return formulas.to_mathml(html)


def on_post_build(config: MkDocsConfig) -> None:
    """Without a server nobody is sent to the page of missing pages, and its links count from the root of a server."""
    (Path(config.site_dir) / "404.html").unlink()
