"""docs/preference.md: its tables list every loss and its defaults, its code compiles, and its names exist."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

import ctcalign.preference
from ctcalign import ctc
from ctcalign.preference import build_preference_loss, preference_loss_names
from ctcalign.preference.losses.dpo_variants import VARIANTS

PAGE = (Path(__file__).parents[2] / "docs" / "preference.md").read_text(encoding="utf-8")
ROWS = {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \|(.*)$", PAGE, re.MULTILINE)}


@pytest.mark.parametrize("name", preference_loss_names())
def test_the_table_has_the_defaults_of_the_functions(name):
    function = getattr(ctcalign.preference, f"{name}_loss")
    written = {key: ast.literal_eval(value) for key, value in re.findall(r"`(\w+)=([^`]+)`", ROWS[f"{name}_loss"])}
    loss = build_preference_loss(name)
    tensors = {*loss.needs, *loss.takes, "shift"}
    parameters = inspect.signature(function).parameters.values()
    assert written == {one.name: one.default for one in parameters if one.name not in tensors}


def test_the_table_has_the_variants_of_dpo():
    for name, variant in VARIANTS.items():
        *_, known, divergence, _ = (cell.strip() for cell in ROWS[name].split("|"))
        assert (known, divergence) == (variant.smoothing, "yes" if variant.divergence else "no"), name


def test_names_of_the_page_exist():
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for block in code:
        compile(block, "preference.md", "exec")
    named = set(re.findall(r"`(\w+_loss|lm_token_scores|critical_token_scores|contrast_rewards)\b", PAGE))
    assert {f"{name}_loss" for name in preference_loss_names()} <= named
    assert named <= set(dir(ctcalign.preference))


def test_ctc_names_of_the_page_exist() -> None:
    page, training = PAGE.split("\n## Training", 1)  # where settings have similar names
    assert "ctc_preference" in training
    named = set(re.findall(r"\b(ctc_\w+)", page))
    assert {name for name in dir(ctcalign.preference) if name.startswith("ctc_")} == named
    assert set(re.findall(r"\bctc\.(\w+)", page)) <= set(dir(ctc))
