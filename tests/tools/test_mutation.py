"""Mutation testing of a small made-up project: what is changed, what its tests find, and what is said about it."""

from __future__ import annotations

import json
import subprocess

import pytest

from tools.mutation import report
from tools.mutation.__main__ import main
from tools.mutation.examination import Result
from tools.mutation.mirror import mirrored_tests
from tools.mutation.operators import Mutant, mutants

SOURCE = '''"""A text with 3 < 4."""
from typing import TYPE_CHECKING

__all__ = ["price"]
if TYPE_CHECKING:
    LIMIT = 5


def price(count: int, each: float = 2.0) -> float:
    """Costs; 10 and more are cheaper."""
    if count < 0:
        raise ValueError(f"count: expected 0 or more, got {count + 1}")
    total = count * each
    if count >= 10:
        total -= 1
    return total
'''
WEAK = """
import pytest
from ctcalign.shop.prices import price


def test_price():
    assert price(3, 1.5) == 4.5
    assert price(1) == 2.0
    assert price(20) == 39.0
    with pytest.raises(ValueError):
        price(-1)
"""
STRONG = WEAK + "    assert price(0) == 0\n    assert (price(9), price(10)) == (18.0, 19.0)\n"


def changes(source):
    return {f"{one.number}: {one.change}" for one in mutants(source)}


def test_docstrings_annotations_messages_and_blocks_for_types_stay():
    assert changes(SOURCE) == {
        *("9: 2.0 → 4.0", "9: 2.0 → 1.0"),
        *("11: count < 0 → count <= 0", "11: count < 0 → count >= 0", "11: 0 → 1", "11: 0 → -1"),
        "12: raise ValueError(f'count: expected 0 or more, got {count + 1}') → (deleted)",
        "13: count * each → count / each",
        *("14: count >= 10 → count > 10", "14: count >= 10 → count < 10", "14: 10 → 11", "14: 10 → 9"),
        *("15: total -= 1 → total += 1", "15: total -= 1 → (deleted)", "15: 1 → 2", "15: 1 → 0"),
        "16: return total → return None",
    }


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("x = a and b", {"a and b → a or b"}),
        ("x = not a", {"not a → a"}),
        ("x = True", {"True → False"}),
        ("x = min(a, b)", {"min(a, b) → max(a, b)"}),
        ("x = place(a, b)", {"place(a, b) → place(b, a)"}),
        ("x = b if a else c", {"a → not a"}),
        ("x = [y for y in z if y]", {"y → not y"}),
        ("x: dict[str, int] = a", set()),
        ("x = a - b", {"a - b → a + b"}),
        ("x = 'a' + b", set()),
        ("assert a < 3", set()),
        ("from a import b", set()),
        ("warnings.warn(f'{a + 1}')", {"warnings.warn(f'{a + 1}') → (deleted)"}),
        ("a = 'x'", {"a = 'x' → (deleted)"}),
        ("return a or b", {"return a or b → return None", "return a or b → return not (a or b)", "a or b → a and b"}),
        ("return False", {"False → True", "return False → return not False"}),
        ("while a: continue", {"continue → (deleted)"}),
    ],
)
def test_changes_of_a_statement(line, new):
    assert {one.change for one in mutants(f"def f(a, b):\n    {line}\n")} == new


def test_a_sample_is_fixed_by_its_seed_and_is_a_part_of_all():
    every, one, same, other = (mutants(SOURCE, *args) for args in ((), (5, "0:a"), (5, "0:a"), (5, "1:a")))
    assert len(one) == 5
    assert one == same != other
    assert {mutant.change for mutant in one} <= {mutant.change for mutant in every}
    assert all(compile(mutant.source, "mutant", "exec") for mutant in every)


@pytest.fixture
def project(tmp_path):
    """A repository with one file and tests that miss an edge."""
    for name, text in {
        "ctcalign/__init__.py": "",
        "ctcalign/shop/__init__.py": "",
        "ctcalign/shop/prices.py": SOURCE,
        "tests/shop/test_prices.py": WEAK,
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\npythonpath = ["."]\n',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_weak_tests_leave_survivors_and_strong_ones_none(project, capsys):
    command = ["--root", str(project), "--files", "ctcalign/shop", "--sample", "0", "--output", f"{project}/page.md"]
    assert main([*command, "--processes", "1"]) == 0
    page = (project / "page.md").read_text(encoding="utf-8")
    survivors = {line.partition("`: `")[2].rstrip("`") for line in page.splitlines() if line.startswith("- ")}
    assert survivors == {"count < 0 → count <= 0", "0 → 1", "count >= 10 → count > 10", "10 → 11", "10 → 9"}
    assert "| `ctcalign/shop/prices.py` | 17 | 17 | 12 | 0 | 0 | 5 | 71% |" in page
    assert (project / "ctcalign/shop/prices.py").read_text(encoding="utf-8") == SOURCE

    (project / "tests/shop/test_prices.py").write_text(STRONG, encoding="utf-8")
    assert main([*command, "--processes", "1"]) == 0
    page = (project / "page.md").read_text(encoding="utf-8")
    assert "| 17 | 17 | 17 | 0 | 0 | 0 | 100% |" in page
    assert "Survivors" not in page


def test_tests_that_fail_on_the_unchanged_file_are_said(project, capsys):
    (project / "tests/shop/test_prices.py").write_text("def test_a():\n    assert False\n", encoding="utf-8")
    command = ["--root", str(project), "--files", "ctcalign/shop/prices.py", "--output", f"{project}/page.md"]
    assert main(command) == 1
    assert "the tests fail without a change (status 1): tests/shop/test_prices.py::test_a" in capsys.readouterr().out


def test_no_such_file_is_a_usage_error(project, capsys):
    assert main(["--root", str(project), "--files", "ctcalign/none"]) == 2
    assert "no Python file matches" in capsys.readouterr().err


def test_survivors_with_a_reason_are_counted_apart(tmp_path):
    entry = {"file": "ctcalign/a.py", "line": "x = 1", "change": "1 → 2", "reason": "only a size of blocks"}
    (tmp_path / "a.json").write_text(json.dumps([entry]), encoding="utf-8")
    reasons = report.read_reasons(tmp_path)
    living = [Mutant(3, "x = 1", "1 → 2", ""), Mutant(3, "x = 1", "1 → 0", "")]
    results = [Result("ctcalign/a.py", mutants=5, possible=9, survivors=living)]
    assert report.share(results, reasons) == 3 / 4
    page = report.page(results, reasons, "abc", 5, 0)
    assert "| `ctcalign/a.py` | 5 | 9 | 3 | 0 | 1 | 1 | 75% |" in page
    assert "- `ctcalign/a.py` 3 `x = 1`: `1 → 2`: only a size of blocks" in page

    (tmp_path / "a.json").write_text(json.dumps([{**entry, "reason": ""}]), encoding="utf-8")
    with pytest.raises(ValueError, match="expected file, line, change and reason"):
        report.read_reasons(tmp_path)


def test_mirrored_tests(tmp_path):
    for name in (
        "text/readings/test_rules.py",
        "text/readings/test_rules_of_words.py",
        "text/test_markup.py",
        "ctc/test_a.py",
        "ctc/test_b.py",
    ):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for file, tests in {
        "text/readings/rules.py": ["text/readings/test_rules.py", "text/readings/test_rules_of_words.py"],
        "text/readings/other.py": ["text/readings/test_rules.py", "text/readings/test_rules_of_words.py"],
        "text/markup/tags.py": ["text/test_markup.py"],
        "ctc/kernels/sums.py": ["ctc/test_a.py", "ctc/test_b.py"],
        "none/file.py": [],
    }.items():
        assert mirrored_tests(f"ctcalign/{file}", tmp_path) == [f"tests/{test}" for test in tests]
