"""What the pages say about formats, commands and the package, compared with the package."""

from __future__ import annotations

import json
import re
from pathlib import Path

import ctcalign
from ctcalign.cli import COMMANDS
from ctcalign.formats import FORMATS
from tests.docs.blocks import PAGES

ROOT = Path(__file__).parents[2]

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_format_is_described():
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in page] == []


def test_the_json_of_the_page_is_an_alignment():
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    alignment = ctcalign.Alignment.from_dict(json.loads(sample))
    assert alignment.warnings == []
    assert [word.text for word in alignment.cues[0].words] == ["Good", "evening."]


def test_the_readme_names_every_command_and_no_other():
    assert set(re.findall(r"`ctcalign ([\w-]+)", README)) == set(COMMANDS)


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make (\w+) ", README))
    assert {"demo", "test"} <= targets
    assert targets <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))


def test_the_index_links_to_every_page():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "egs").rglob("README.md")]
    linked = {(ROOT / "docs" / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", index)}
    assert [page.name for page in pages if page.resolve() not in linked and page.name != "index.md"] == []


def test_tests_that_pages_name_exist():
    pages = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", pages))
    assert "tests/test_without_torch.py" in named
    named.discard("tests/room/test_file.py")  # any
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short_and_has_a_picture():
    assert README.count("\n") < 150
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size > 5000
