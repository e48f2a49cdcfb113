"""The examples in the docstrings of the names that `ctcalign` hands out: each has one, and it runs."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import ctcalign

NAMES = sorted({*ctcalign.__all__, "filter"} - {"__version__"})
# Examples that take minutes or need files of the user are not run; their other tests are in tests/.
NOT_RUN = {"adapt", "calibrate", "apply_edits"}


def examples(name: str) -> list[doctest.Example]:
    value = getattr(ctcalign, name)
    if name == "adapt":  # the package is the function
        from ctcalign.adapt.run import adapt as value
    return doctest.DocTestParser().get_examples(inspect.getdoc(value) or "")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_an_example(name):
    found = examples(name)
    assert found, f"ctcalign.{name} has no example"
    skipped = any(example.options.get(doctest.SKIP) for example in found)
    assert skipped == (name in NOT_RUN)


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_RUN))
def test_the_example_runs(name, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    value = getattr(ctcalign, name)
    globs = dict(vars(inspect.getmodule(value)))
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(value), globs, name, None, 0)
    lines: list[str] = []
    result = doctest.DocTestRunner().run(test, out=lines.append)
    assert result.failed == 0, "".join(lines)
