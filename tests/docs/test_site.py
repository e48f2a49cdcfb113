"""The built site: every link leads somewhere, nothing comes from the web, and every public name has a description."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from ctcalign.cli import COMMANDS
from tests.chromium import need_chromium
from tests.docs.blocks import PAGES, RECIPES, ROOT, blocks_of
from tests.test_public_names import NAMES
from tools.docs import api, command_line, formulas, hooks, links
from tools.docs.docstrings import tidy
from tools.review.browser import browser

IMPORT = re.compile(r"^from (ctcalign[\w.]*) import (.+)$", re.M)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site as `make docs` builds it: a warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


class _Text(HTMLParser):
    """The text of a web page without its menu."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        self.depth += tag in ("nav", "header", "footer", "style", "script", "title")

    def handle_endtag(self, tag):
        self.depth -= tag in ("nav", "header", "footer", "style", "script", "title")

    def handle_data(self, data):
        if self.depth == 0:
            self.words += data.split()


def words_of(file) -> list[str]:
    page = _Text()
    page.feed(file.read_text(encoding="utf-8"))
    return page.words


def web_page(site, page: str):
    """The web page of a page of the repository."""
    return site / re.sub(r"(^|/)README\.md$", r"\1index.md", page).replace(".md", ".html")


def anchors_of(site, room: str) -> str:
    return (site / "docs/reference/api" / f"{room}.html").read_text(encoding="utf-8")


def test_no_link_leads_nowhere(site):
    assert links.broken(site) == []


def test_no_page_loads_anything_from_the_web(site):
    assert links.foreign(site) == []
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?https?:", styles) == []


def test_the_search_works_from_files_without_the_web(site):
    need_chromium()
    with browser() as running:
        page, requests = running.new_page(), []
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.locator("[data-md-component=search-query]").first.fill("skip arc")
        found = page.locator(".md-search-result__link")
        found.first.wait_for(timeout=60_000)
        addresses = found.evaluate_all("links => links.map(link => link.href)")
    assert addresses
    assert all(address.startswith(site.as_uri()) for address in addresses)
    assert {request.partition(":")[0] for request in requests} <= {"file", "data", "blob"}


def test_no_page_is_blank(site):
    files = list(site.rglob("*.html"))
    assert len(files) > 100
    assert [str(file.relative_to(site)) for file in files if len(words_of(file)) < 8] == []


def test_every_page_of_the_repository_is_there(site):
    wanted = [*PAGES, *RECIPES, "CHANGELOG.md", "egs/digits/awp/RESULTS.md", "tools/bench/results/best_path.md"]
    assert [page for page in wanted if not web_page(site, page).is_file()] == []


@pytest.mark.parametrize("room", ["ctcalign", *api.rooms()])
def test_every_room_has_a_page(site, room):
    assert f'href="reference/api/{room}.html"' in web_page(site, "docs/index.md").read_text(encoding="utf-8")
    assert len(anchors_of(site, room)) > 1000


@pytest.mark.parametrize("room", NAMES)
def test_every_public_name_has_a_description(site, room):
    page = anchors_of(
        site, next(name for name in (room, room.rpartition(".")[0]) if name in ["ctcalign", *api.rooms()])
    )
    names = [name for name in NAMES[room].split() if not name.startswith("_")]
    # A name that is a room, too, has a page of its own.
    names = [name for name in names if f"{room}.{name}" not in api.rooms()]
    assert [name for name in names if f'id="{room}.{name}"' not in page] == []


def test_what_the_snippets_import_has_a_description(site):
    code = "\n".join(block.text for page in PAGES for block in blocks_of(page) if block.language == "python")
    found = {f"{module}.{name.strip()}" for module, names in IMPORT.findall(code) for name in names.split(",")}
    pages = "".join(anchors_of(site, room) for room in ["ctcalign", *api.rooms()])
    assert "ctcalign.preference.pairs.Candidate" in found
    assert [name for name in found if f'id="{name}"' not in pages and name not in api.rooms()] == []


def test_descriptions_have_arguments_errors_and_sources(site):
    text = " ".join(words_of(site / "docs/reference/api/ctcalign.preference.html"))
    assert "alpha ( float , default: 0.5 ) – weight of the difference of the KLs" in text
    assert "ShapeError – shapes do not agree. BatchError –" in text
    assert "Source: Zeng et al. 2024" in text


def test_every_command_is_there_with_its_options(site):
    text = " ".join(words_of(site / "docs/reference/cli.html"))
    assert [name for name in COMMANDS if f"ctcalign {name} [OPTIONS]" not in text] == []
    assert "--max-line-length" in text
    assert "ctcalign align talk.mp4 talk.srt -o talk.vtt correct times" in text
    assert "Sentinel" not in text


def test_links_between_pages_become_links_between_web_pages(site):
    index = web_page(site, "docs/index.md").read_text(encoding="utf-8")
    assert 'href="../index.html"' in index
    assert 'href="preference.html#training-with-preferences"' in (site / "docs/training.html").read_text()


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<a href="none.html">', ["a.html: none.html"]),
        ('<a href="../../outside.html">', ["a.html: ../../outside.html"]),
        ('<a href="#none">', ["a.html: #none"]),
        ('<img src="folder">', ["a.html: folder"]),
        ('<p id="x"><a href="#x"><a href="a.html#x"><a href="https://example.org/none">', []),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, page, found):
    (tmp_path / "in" / "folder").mkdir(parents=True)
    (tmp_path / "outside.html").touch()
    (tmp_path / "in" / "a.html").write_text(page, encoding="utf-8")
    assert links.broken(tmp_path / "in") == found


def test_what_a_page_loads_from_the_web_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<script src="//cdn.example/x.js"></script><a href="https://example.org">')
    assert links.foreign(tmp_path) == ["a.html: //cdn.example/x.js"]


def test_a_page_collects_what_it_links_to(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("[a](docs/a.md) `[b](b.py)` [c](c.py#L1) [d](https://example.org/d.py)")
    (tmp_path / "docs" / "a.md").write_text('<img src="../e.png"> [f](../more/f.md) [none](none.md)')
    (tmp_path / "more").mkdir()
    for name in ("b.py", "c.py", "e.png", "more/f.md"):
        (tmp_path / name).touch()
    assert hooks.collect(tmp_path) == ["README.md", "c.py", "docs/a.md", "e.png", "more/f.md"]


def test_names_of_the_package_become_links():
    code = "```\n`ctcalign.ctc.best_path`\n```\n"
    text = f"# `ctcalign.ctc.nbest`\n\n`ctcalign.ctc.best_path` `ctcalign.ctc.none`\n\n{code}"

    class Page:
        class file:  # noqa: N801
            src_uri = "docs/a.md"

    linked = hooks.on_page_markdown(text, Page)
    assert linked == text.replace("`ctcalign.ctc.best_path`", "[`ctcalign.ctc.best_path`][ctcalign.ctc.best_path]", 1)


def test_verbatim_paragraphs_of_help_become_code():
    assert command_line.markdown("One.\n\n\b\n  a   b\n    c\n\nTwo.") == "One.\n\n```text\na   b\n  c\n```\n\nTwo."


def test_code_in_a_list_is_indented_for_the_site():
    assert hooks.NESTED.sub(hooks._deeper, "1. a\n   ```text\n   b\n   ```\n") == "1. a\n    ```text\n    b\n    ```\n"


def test_formulas_become_mathml():
    found = formulas.to_mathml(
        '<p><span class="arithmatex">\\(a &lt; b\\)</span></p><div class="arithmatex">\\[x_1\\]</div>'
    )
    assert re.findall(r'<math [^>]*display="(\w+)"', found) == ["inline", "block"]
    assert "arithmatex" not in found
    assert "<mo>&#x0003C;</mo>" in found


def test_docstrings_become_google_style():
    before = """One line.

Args: those of `f`, and
    first, second: (B,).   beta: > 0.
Returns:
    A number:  two parts.
Raises: as `f`.
    ValueError: none.

    >>> f(1)
    2

Source: someone.
"""
    after = """One line.

Arguments: those of `f`, and

Args:
    first: (B,).
    second: (B,).
    beta: > 0.

Returns:
    A number:  two parts.

Errors: as `f`.

Raises:
    ValueError: none.

```pycon
>>> f(1)
2
```

**Source:** someone."""
    assert tidy(before) == after


def test_links_of_markdown_lead_to_headings_as_code_hosts_name_them():
    """Letters in lower case, punctuation dropped, spaces as hyphens."""
    wrong = []
    for page in [*PAGES, *RECIPES]:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
            if ":" in target:
                continue
            other = ((ROOT / page).parent / target).read_text(encoding="utf-8") if target else text
            heads = [re.sub(r"[^\w\- ]", "", head.strip().lower()) for head in re.findall(r"^#+ (.*)$", other, re.M)]
            if anchor not in [head.replace(" ", "-") for head in heads]:
                wrong.append(f"{page}: {target}#{anchor}")
    assert wrong == []


def test_links_of_markdown_lead_to_files():
    """On a code host, too: also links to files that the site would not have."""
    wrong = [
        f"{page}: {target}"
        for page in [*PAGES, *RECIPES, "CHANGELOG.md"]
        for target in hooks.targets(page, (ROOT / page).read_text(encoding="utf-8"))
        if not (ROOT / target).is_file()
    ]
    assert wrong == []
