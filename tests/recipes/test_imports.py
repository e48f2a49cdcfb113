"""Imports of recipes, egs and tools: whole names, no change of sys.path, and only downwards."""

from __future__ import annotations

import pytest

from tests.egs.recipe import ROOT
from tests.test_imports import imports_of

FILES = [
    file
    for folder in ("ctcalign", "recipes", "egs", "tools", "tests")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if "exp" not in file.parts
]
# Experiments that a folder of recipes may import; all may import recipes.results_page.
BELOW = {"awp": set(), "noisy": set(), "preference": {"awp"}, "vocabulary": set()}


def test_no_file_changes_the_module_path():
    # `fit` itself finds classes of the user's own in the working folder, as `python -m` does.
    allowed = {"ctcalign/train/run.py", "tests/train/test_run_folder.py", "tests/recipes/test_imports.py"}
    names = {str(file.relative_to(ROOT)): file for file in FILES}
    texts = {name: file.read_text(encoding="utf-8") for name, file in names.items() if name not in allowed}
    assert [name for name, text in texts.items() if "sys.path.insert" in text or "sys.path.append" in text] == []


def test_the_package_imports_neither_recipes_nor_egs_nor_tools():
    for file in FILES:
        if file.is_relative_to(ROOT / "ctcalign"):
            roots = {name.split(".")[0] for name in imports_of(file.read_text(encoding="utf-8"), "ctcalign.x")}
            assert not roots & {"recipes", "egs", "tools", "tests"}, file


@pytest.mark.parametrize("experiment", sorted(BELOW))
def test_experiments_import_only_those_below_them(experiment):
    for file in sorted((ROOT / "recipes" / experiment).glob("*.py")):
        names = imports_of(file.read_text(encoding="utf-8"), f"recipes.{experiment}.x")
        others = {name.split(".")[1] for name in names if name.startswith("recipes.")} & set(BELOW)
        assert others <= BELOW[experiment] | {experiment}, file
        assert not {name for name in names if name.startswith(("egs", "tools", "tests"))}, file


def test_commands_of_scripts_name_modules_that_are_commands():
    scripts = [*(ROOT / "egs").rglob("run.sh"), ROOT / "Makefile"]
    named = {
        word
        for script in scripts
        for line in script.read_text(encoding="utf-8").splitlines()
        for before, word in zip(line.split(), line.split()[1:], strict=False)
        if before == "-m" and word.startswith(("recipes.", "egs."))
    }
    assert len(named) > 15
    for name in named:
        file = ROOT / (name.replace(".", "/") + ".py")
        assert '__name__ == "__main__"' in file.read_text(encoding="utf-8"), name
