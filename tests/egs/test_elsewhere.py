"""Recipes started from another folder: where paths lead, and what is said when the data are not there."""

from __future__ import annotations

import pytest

from tests.egs.corpora import make_digits
from tests.egs.recipe import ROOT, run_recipe
from tests.egs.test_options import RECIPES

WITH_CORPUS = [name for name in RECIPES if "corpus=.." in (ROOT / "egs" / name / "run.sh").read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", WITH_CORPUS)
def test_a_corpus_that_is_not_there_is_one_line(name, tmp_path):
    done = run_recipe(
        name, "--corpus", "no-such", "--exp", tmp_path / "exp", "--stop-stage", 0, check=False, cwd=tmp_path
    )
    assert done.returncode in (1, 2)
    (line,) = done.stderr.splitlines()
    assert "--corpus: " in line
    assert str(tmp_path / "no-such") in line


def test_a_relative_corpus_is_found_from_where_the_recipe_is_started(tmp_path):
    make_digits(tmp_path / "mine", {"train": [0, 1, 2, 35], "test": [3]})
    run_recipe(
        "digits/awp",
        "--corpus",
        "mine",
        "--exp",
        tmp_path / "exp",
        "--strings",
        "2 2 2",
        "--stop-stage",
        0,
        cwd=tmp_path,
    )
    assert sorted(folder.name for folder in (tmp_path / "exp" / "data").iterdir()) == ["dev", "test", "train"]


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "demo"])
def test_a_recipe_without_stages_ends_well_anywhere(name, tmp_path):
    run_recipe(name, "--exp", tmp_path / "exp", "--stage", 100, cwd=tmp_path)


def test_errors_of_data_have_no_traceback(tmp_path):
    make_digits(tmp_path, {"train": [0, 1, 2, 35], "test": [3]})
    (tmp_path / "digits_test" / "manifest.jsonl").write_text("{not JSON\n", encoding="utf-8")
    options = ("--corpus", tmp_path, "--exp", tmp_path / "exp", "--strings", "2 2 2", "--stop-stage", 0)
    done = run_recipe("digits/awp", *options, check=False)
    assert done.returncode == 1
    assert "manifest.jsonl" in done.stderr
    assert "Traceback" not in done.stderr
