"""The built site: every link leads somewhere, and every room and every public function has a page that is not blank."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ctcalign.cli import COMMANDS
from tests.docs.blocks import PAGES, RECIPES, ROOT, blocks_of
from tests.test_public_names import NAMES
from tools.docs import __main__ as docs
from tools.docs import api, links, pages

IMPORT = re.compile(r"^from (ctcalign[\w.]*) import (.+)$", re.M)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make docs` builds it, and its broken links."""
    folder = tmp_path_factory.mktemp("site")
    return folder, docs.build(folder)


class _Text(HTMLParser):
    """The text of a web page without its menu."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag, attrs):
        self.depth += tag in ("nav", "style", "script", "title")

    def handle_endtag(self, tag):
        self.depth -= tag in ("nav", "style", "script", "title")

    def handle_data(self, data):
        if self.depth == 0:
            self.words += data.split()


def words_of(file) -> list[str]:
    page = _Text()
    page.feed(file.read_text(encoding="utf-8"))
    return page.words


def page_of(site, module: str):
    return site[0] / "api" / f"{module.replace('.', '/')}.html"


def test_no_link_leads_nowhere(site):
    assert site[1] == []


def test_no_page_is_blank(site):
    files = [file for file in site[0].rglob("*.html") if "http-equiv" not in file.read_text(encoding="utf-8")]
    assert len(files) > 100
    assert [str(file.relative_to(site[0])) for file in files if len(words_of(file)) < 8] == []


def test_every_page_of_the_repository_is_there(site):
    wanted = [*PAGES, *RECIPES, "CHANGELOG.md", "egs/digits/awp/RESULTS.md", "tools/bench/results/best_path.md"]
    assert [page for page in wanted if not (site[0] / page).with_suffix(".html").is_file()] == []


@pytest.mark.parametrize("room", ["ctcalign", *api.rooms()])
def test_every_room_has_a_page(site, room):
    page = page_of(site, room)
    assert page.is_file()
    menu = page_of(site, "ctcalign").read_text(encoding="utf-8")
    assert room == "ctcalign" or f'href="ctcalign/{room.rpartition(".")[2]}.html"' in menu


@pytest.mark.parametrize("room", NAMES)
def test_every_public_name_has_a_description(site, room):
    page = page_of(site, room).read_text(encoding="utf-8")
    missing = [name for name in NAMES[room].split() if f'<section id="{name}">' not in page]
    # A name that is a room, too, has a page of its own.
    assert [name for name in missing if not page_of(site, f"{room}.{name}").is_file()] == []


def test_what_the_snippets_import_has_a_page(site):
    code = "\n".join(block.text for page in PAGES for block in blocks_of(page) if block.language == "python")
    found = {(module, name.strip()) for module, names in IMPORT.findall(code) for name in names.split(",")}
    assert ("ctcalign.preference.pairs", "Candidate") in found
    missing = [
        (module, name)
        for module, name in found
        if not page_of(site, f"{module}.{name}").is_file()
        and f'<section id="{name}">' not in page_of(site, module).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_the_help_of_every_command_is_there(site):
    text = " ".join(words_of(site[0] / "commands.html"))
    assert [name for name in COMMANDS if f"Usage: ctcalign {name}" not in text] == []
    assert "--max-line-length" in text


def test_links_between_pages_become_links_between_web_pages(site):
    index = (site[0] / "docs" / "index.html").read_text(encoding="utf-8")
    assert 'href="../README.html"' in index
    assert 'href="preference.html#training-with-preferences"' in (site[0] / "docs/training.html").read_text()


@pytest.mark.parametrize(
    "link", ["none.md", "../../outside.md", "a.md#none", "#none", "folder", "none.png", "x/../none.json"]
)
def test_a_link_that_leads_nowhere_is_found(tmp_path, link):
    (tmp_path / "in" / "folder").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("# Outside", encoding="utf-8")
    (tmp_path / "in" / "a.md").write_text(f"# A title\n\n[here](#a-title) [x]({link}) `[y](z)`", encoding="utf-8")
    site = tmp_path / "site"
    pages.write(pages.collect(tmp_path / "in", ["a.md"]), site)
    for page in ("README", "commands", "docs/index", "api/index"):  # in the menu
        (site / page).parent.mkdir(exist_ok=True)
        (site / f"{page}.html").touch()
    assert links.broken(site) == [f"a.html: {link.replace('a.md', 'a.html')}"]


def test_links_of_markdown_lead_to_headings_as_github_names_them():
    """Letters in lower case, punctuation dropped, spaces as hyphens."""
    wrong = []
    for page in [*PAGES, *RECIPES]:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
            other = ((ROOT / page).parent / target).read_text(encoding="utf-8") if target else text
            heads = [re.sub(r"[^\w\- ]", "", head.strip().lower()) for head in re.findall(r"^#+ (.*)$", other, re.M)]
            if anchor not in [head.replace(" ", "-") for head in heads]:
                wrong.append(f"{page}: {target}#{anchor}")
    assert wrong == []
