"""The table of reported faults: short cells, and tests that exist."""

from __future__ import annotations

import re

from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "reported_faults.md").read_text(encoding="utf-8")
ROWS = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in PAGE.splitlines() if line.startswith("| ")]
LONGEST = 320  # characters of a cell


def rows() -> list[list[str]]:
    return [row for row in ROWS if row[0] != "fault"]


def test_every_row_has_five_cells_and_none_is_long():
    assert len(rows()) > 100
    assert [row for row in ROWS if len(row) != 5] == []
    assert [cell for row in rows() for cell in row[:4] if len(cell) > LONGEST] == []


def missing_tests(cell: str) -> list[str]:
    """The files and functions of a cell (`room/test_x.py::test_y, ::test_z`) that do not exist."""
    missing, text = [], ""
    for reference in cell.split(", "):
        name, _, function = reference.partition("::")
        if name:
            file = ROOT / "tests" / name
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            missing += [] if text else [reference]
        if function and not re.search(rf"^ *def {re.escape(function)}\(", text, re.M):
            missing.append(reference)
    return missing


def test_every_row_names_tests_that_exist():
    assert [test for row in rows() if row[4] != "–" for test in missing_tests(row[4])] == []


def test_a_test_that_does_not_exist_is_found():
    assert missing_tests("docs/test_pages.py::test_every_format_is_described, ::test_none, docs/test_none.py") == [
        "::test_none",
        "docs/test_none.py",
    ]
