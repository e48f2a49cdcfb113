"""The check of prose: what it finds in pages and docstrings, and what it leaves alone."""

from __future__ import annotations

import pytest

from tools.lint import prose


@pytest.fixture(autouse=True)
def _registered():
    prose.register()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# A\n\nThe the path is found.\n", 3, "the word 'The' stands twice"),
        ("One\nword word.\n", 2, "the word 'word' stands twice"),
        ("It works, in a word.\n", 1, "cliche"),
        ("# A\n\nIt is more unique than that.\n", 3, "uncomparables"),
    ],
)
def test_faults_of_a_page_are_found(tmp_path, text, line, message):
    file = tmp_path / "a.md"
    file.write_text(text, encoding="utf-8")
    (found,) = prose.faults_of(file)
    assert found.startswith(f"{file}:{line}: ")
    assert message.lower() in found.lower()


@pytest.mark.parametrize(
    "text",
    [
        "```text\nthe the\n```\n",
        "`the the` and `x` and [a](the the)\n",
        "| the the |\n",
        "# NeMo\n\nNeMo has tools.\n",
        "<!-- the the -->\n",
    ],
)
def test_what_is_no_prose_is_left_alone(tmp_path, text):
    file = tmp_path / "a.md"
    file.write_text(text, encoding="utf-8")
    assert prose.faults_of(file) == []


def test_docstrings_are_checked_at_their_lines(tmp_path):
    file = tmp_path / "a.py"
    file.write_text(
        '"""Fine."""\nx = "the the"\n\n\ndef f():\n    """One.\n\n    Two two.\n\n    >>> "the the"\n    """\n'
    )
    assert [fault.replace(str(file), "") for fault in prose.faults_of(file)] == [":8: the word 'Two' stands twice"]


def test_every_rule_is_one_of_proselint():
    known = {check.path for check in prose.checks()}
    rules = prose.RULES["checks"]
    assert [rule for rule in rules if not any(path == rule or path.startswith(f"{rule}.") for path in known)] == []
