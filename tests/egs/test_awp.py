"""The Align With Purpose recipes from end to end on a tiny scale: every stage, and every method of the plans."""

from __future__ import annotations

import pytest
import yaml

from recipes.awp.plan import merged, read_plan, runs_of
from tests.egs.corpora import make_digits, make_librispeech
from tests.egs.recipe import ROOT, run_recipe, tiny_plan

TINY = {
    "model": {"encoder": {"init_args": {"dim": 16, "blocks": 2, "kernel": 5, "look_ahead": 2, "dropout": 0.0}}},
    "data": {"max_duration": 30.0, "workers": 0},
    "trainer": {"val_check_interval": 2, "precision": "32-true"},
}


@pytest.mark.slow
def test_digits_from_recordings_to_results(tmp_path):
    make_digits(tmp_path, {"train": [0, 1, 2, 35], "test": [3]})
    plan = tiny_plan("digits/awp", ["ctc", "awp_latency"], tmp_path, TINY)
    options = ["--corpus", tmp_path, "--exp", tmp_path / "exp", "--plan", plan, "--strings", "8 3 4", "--seeds", "1 2",
               "--results", tmp_path / "RESULTS.md"]  # fmt: skip
    run_recipe("digits/awp", *options, "--stop-stage", 2)
    first = {file: file.stat().st_mtime_ns for file in (tmp_path / "exp").rglob("model.safetensors")}
    assert len(first) == 6  # three trainings of each seed
    run_recipe("digits/awp", *options)
    assert {file: file.stat().st_mtime_ns for file in first} == first  # finished trainings are not repeated
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "awp_latency" in page
    assert (tmp_path / "RESULTS.png").stat().st_size > 1000


@pytest.mark.slow
def test_librispeech_in_its_own_layout(tmp_path):
    parts = ("train-clean-100", "dev-clean", "test-clean", "test-other")
    make_librispeech(tmp_path / "LibriSpeech", ["one two", "six seven"], parts)
    run_recipe(
        "librispeech/awp", "--librispeech", tmp_path / "LibriSpeech", "--train-parts", "train-clean-100",
        "--workers", 1, "--exp", tmp_path / "exp", "--plan", tiny_plan("librispeech/awp", ["ctc"], tmp_path, TINY),
        "--seeds", "1", "--devices", 1, "--threads", 1, "--device", "cpu", "--results", tmp_path / "RESULTS.md",
    )  # fmt: skip
    assert "test-other" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["digits", "read_en", "librispeech"])
def test_every_setting_of_a_plan_can_be_built(name, tmp_path):
    from ctcalign.train.run import prepared

    seen = set()
    for run in runs_of(read_plan(ROOT / f"egs/{name}/awp/conf/plan.yaml"), [1]):
        if run.method in seen:
            continue
        seen.add(run.method)
        config = merged(
            merged(run.config, TINY), {"trainer": {"default_root_dir": str(tmp_path), "accelerator": "cpu"}}
        )
        file = tmp_path / f"{run.method}.yaml"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        objectives = config["model"].get("objectives", [])
        assert len(prepared(["--config", str(file)]).model.terms) == len(objectives)
    assert {"baseline", "ctc", "awp_latency", "awp_wer", "mwer"} <= seen
