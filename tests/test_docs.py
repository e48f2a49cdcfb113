"""Documentation pages: links, and the commands, options, formats and make targets that they name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import ctcalign
from ctcalign.cli import COMMANDS, commands
from ctcalign.formats import FORMATS
from tools import build_docs as docs

ROOT = Path(__file__).parents[1]

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", docs.PAGES)
def test_links_point_to_files(page):
    assert docs.broken_links(page, (ROOT / page).read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found():
    text = "[a](docs/index.md) [b](docs/none.md#x) [c](https://example.org/none)"
    assert docs.broken_links("README.md", text) == ["docs/none.md"]


def test_links_between_pages_become_links_between_web_pages():
    assert '<a href="formats.html#json">' in docs.render("docs/index.md", "[f](formats.md#json)")
    assert '<a href="../README.html">' in docs.render("docs/index.md", "[r](../README.md)")


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
    assert set(re.findall(r"`ctcalign (\w+)", README)) == set(COMMANDS)


def test_options_of_the_readme_exist():
    named = set(re.findall(r"--[a-z][a-z-]+", README))
    assert "--channel" in named
    for command, option in re.findall(r"`ctcalign (\w+) [^`]*?(--[a-z][a-z-]+)", README):
        own = commands.get_command(None, command)  # type: ignore[arg-type]
        assert option in {name for parameter in own.params for name in parameter.opts}, (command, option)
        named -= {option}
    align = commands.get_command(None, "align")  # type: ignore[arg-type]
    assert named <= {name for parameter in align.params for name in parameter.opts}


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make (\w+) ", README))
    assert {"demo", "test"} <= targets
    assert targets <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))


def test_python_of_the_readme_uses_public_names():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    compile(code, "README.md", "exec")
    assert set(re.findall(r"ctcalign\.(\w+)\(", code)) <= set(ctcalign.__all__)
