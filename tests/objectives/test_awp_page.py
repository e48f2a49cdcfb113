"""docs/awp.md: its configurations can be built, its Python examples run, and its tables list every option."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from ctcalign.objectives import Joint, LowLatency, MinimumCER, MinimumWER, PropertyContext, build_objective
from ctcalign.objectives.builtin import AlignWithPurpose
from ctcalign.objectives.properties import interface

PAGE = (Path(__file__).parents[2] / "docs" / "awp.md").read_text(encoding="utf-8")
PROPERTY, FROM_PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_property_of_the_page_has_ten_lines_and_works(tmp_path, monkeypatch):
    assert len([line for line in PROPERTY.splitlines() if line.strip()]) <= 10
    (tmp_path / "my_properties.py").write_text(PROPERTY)
    monkeypatch.syspath_prepend(tmp_path)
    # The tests of the page's blocks register the same name in this process, before or after.
    registry = interface._PROPERTIES
    others = {name: one for name, one in registry._registered.items() if name != "earlier_spaces"}
    monkeypatch.setattr(registry, "_registered", others)
    yaml = pytest.importorskip("yaml", reason="the k2 environment has no YAML")
    objectives = [
        one
        for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
        for one in yaml.safe_load(text)["model"]["objectives"]
    ]
    built = [build_objective(one["name"], **one["options"]) for one in objectives]
    assert [len(one.terms) for one in built] == [1, 2, 1]
    ((_, own, _, _),) = built[2].terms
    context = PropertyContext(vocabulary=("", "a", " "))
    assert own(np.array([1, 0, 0, 2, 1, 0]), context).tolist() == [1, 0, 2, 2, 1, 0]


def test_the_python_example_runs():
    exec(compile(FROM_PYTHON, "awp.md", "exec"), {})


@pytest.mark.parametrize("thing", [AlignWithPurpose, LowLatency, MinimumWER, MinimumCER, Joint])
def test_every_option_is_documented(thing):
    options = set(inspect.signature(thing).parameters)
    assert {name for name in options if f"`{name}`" not in PAGE} == set()
