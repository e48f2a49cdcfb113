"""The recipes that fine-tune builtin:en, from end to end on a tiny scale."""

from __future__ import annotations

import pytest

import ctcalign
from tests.egs.corpora import make_digits, make_read
from tests.egs.recipe import run_recipe, tiny_plan

TINY = {"data": {"max_duration": 30.0, "workers": 0}, "trainer": {"val_check_interval": 2, "accelerator": "cpu"}}


@pytest.mark.slow
def test_digits_from_recordings_to_results(tmp_path):
    make_digits(tmp_path, {"train": [0, 1, 2, 35], "test": [3]})
    plan = tiny_plan("digits/finetune", ["ctc", "awp_latency"], tmp_path, TINY)
    options = ["--corpus", tmp_path, "--exp", tmp_path / "exp", "--plan", plan, "--strings", "8 3 4", "--seeds", "1",
               "--soup", "ctc", "--results", tmp_path / "RESULTS.md"]  # fmt: skip
    run_recipe("digits/finetune", *options)
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert all(f"| {method} |" in page for method in ("start", "baseline", "ctc", "awp_latency", "soup"))
    assert "All numbers of takes" in page
    tuned = ctcalign.load_model(f"checkpoint:{tmp_path / 'exp/runs/baseline-s1/model.safetensors'}", "cpu")
    assert tuned.header["training"]["model"]["init"] == "builtin:en"
    mean = ctcalign.load_model(f"checkpoint:{tmp_path / 'exp/runs/soup-ctc/model.safetensors'}", "cpu")
    assert mean.header["mean_of"] == ["ctc-s1"]


@pytest.mark.slow
def test_read_speech_from_recordings_to_results(tmp_path):
    make_read(tmp_path, ["one two", "six seven"], {"train": ["a", "b", "c"], "dev": ["d"]})
    plan = tiny_plan("read_en/finetune", [], tmp_path, TINY)
    run_recipe(
        "read_en/finetune", "--corpus", tmp_path, "--exp", tmp_path / "exp", "--plan", plan, "--seeds", "1",
        "--dev-speakers", 1, "--results", tmp_path / "RESULTS.md",
    )  # fmt: skip
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "| dev | " in page
    assert "Seeds: 1;" in page
    assert "95 % interval" in page
