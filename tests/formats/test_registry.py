"""The table of formats: complete, without a name twice, and cheap to load."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import ctcalign.formats
from ctcalign.errors import UsageError
from ctcalign.formats import FORMATS, INPUT_FORMATS, OUTPUT_FORMATS, format_of
from ctcalign.formats.registry import input_format
from ctcalign.formats.shared.format import Format
from tests.test_imports import loaded_libraries


def test_every_format_of_a_file_is_in_the_table():
    root = Path(ctcalign.formats.__file__).parent
    files = [path for path in root.rglob("*.py") if path.stem != "__init__"]
    modules = [".".join(("ctcalign.formats", *path.relative_to(root).with_suffix("").parts)) for path in files]
    found = [value for name in modules for value in vars(import_module(name)).values() if isinstance(value, Format)]
    assert sorted(entry.name for entry in found) == sorted(FORMATS)


def test_every_format_is_read_or_written():
    assert {*INPUT_FORMATS, *OUTPUT_FORMATS} == set(FORMATS)
    assert all(callable(FORMATS[name].read) for name in INPUT_FORMATS)
    assert all(callable(FORMATS[name].render) for name in OUTPUT_FORMATS)
    assert all((entry.evidence is None) == (entry.matches is None) for entry in FORMATS.values())


def test_no_name_alias_or_extension_means_two_formats():
    read = [FORMATS[name] for name in INPUT_FORMATS]
    written = [FORMATS[name] for name in OUTPUT_FORMATS]
    for names in (
        [name for entry in read for name in (entry.name, *entry.aliases)],
        [extension.lower() for entry in read for extension in (*entry.extensions, *entry.more_extensions)],
        [extension.lower() for entry in written for extension in entry.extensions],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("SubRip", "srt"),
        (".SSA", "ass"),
        ("youtube", "json3"),
        ("labels", "audacity"),
        ("json", "json"),
        ("xml", "ttml"),
    ],
)
def test_aliases_name_formats(name, format):
    assert input_format(name).name == format


@pytest.mark.parametrize("name", ["srt-words", "tsv-words", "docx", ""])
def test_formats_that_are_only_written_cannot_be_read(name):
    with pytest.raises(UsageError, match="caption format: expected one of json, srt"):
        input_format(name)


@pytest.mark.parametrize("name", ["srv", "json3", "microdvd", "txt"])
def test_formats_that_are_only_read_cannot_be_written(name):
    with pytest.raises(UsageError, match=f"format is '{name}', expected one of json, srt"):
        format_of("out", name)
    with pytest.raises(UsageError, match=r"\.srv1: no output format has this extension"):
        format_of("out.srv1")


def test_the_longest_extension_decides():
    assert format_of("talk.json").name == "json"
    assert format_of("talk.whisper.json").name == "whisper"


def test_the_table_loads_no_library():
    assert loaded_libraries("import ctcalign.formats.registry") == {"ctcalign"}


def test_the_page_has_the_table():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    # Rows that begin with an option are of another table.
    rows = [line for line in page.split("\n") if line.startswith("| `") and not line.startswith("| `--")]
    assert [row.split("`")[1] for row in rows] == list(OUTPUT_FORMATS)
    for row, entry in zip(rows, (FORMATS[name] for name in OUTPUT_FORMATS), strict=True):
        _, _, extension, step, holds, description, _ = (cell.strip() for cell in row.split("|"))
        names = " ".join(f"`{name}`" for name in entry.extensions) or "by name"
        assert extension == ("a folder: `name/`" if entry.folder else names)
        assert step == (f"{entry.resolution:g} s" if entry.resolution else "exact")
        assert {kept.strip().replace(" ", "_") for kept in holds.split(",") if kept} == entry.keeps
        assert description == entry.description
