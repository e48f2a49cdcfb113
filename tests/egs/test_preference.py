"""The preference recipes from end to end on a tiny scale: every stage, and every method of the plans."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from recipes.awp.plan import merged, read_plan, runs_of
from recipes.preference import run_text
from tests.egs.corpora import make_digits, make_read
from tests.egs.recipe import ROOT, run_recipe, tiny_plan

NETWORK = {"dim": 16, "blocks": 1, "kernel": 3, "look_ahead": 1, "dropout": 0.0}
TINY = {
    "model": {"encoder": {"init_args": NETWORK}},
    "data": {"max_duration": 30.0, "workers": 0},
    "trainer": {"val_check_interval": 2, "accelerator": "cpu"},
}
TINY_TEXT = {"data": {"batch_size": 4}, "trainer": {"val_check_interval": 2}}


def recipe(name: str, *options: object) -> str:
    """Run a recipe; returns the text of its RESULTS.md."""
    results = Path(str(options[options.index("--exp") + 1])).parent / "RESULTS.md"
    run_recipe(f"{name}/preference", *options, "--results", results)
    return results.read_text(encoding="utf-8") if results.exists() else ""


def rows_of_table(text: str, head: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cell."""
    lines = text.split(f"## {head}")[1].split("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row for row in cells}


@pytest.mark.slow
def test_sums_from_random_weights_to_results(tmp_path):
    plan = tiny_plan("toy_text/preference", ["sft", "dpo", "tdpo", "logo"], tmp_path, TINY_TEXT)
    options = ["--exp", tmp_path / "exp", "--plan", plan, "--problems", "12 4 6", "--most", 9, "--dim", 16,
               "--layers", 1, "--seeds", "1"]  # fmt: skip
    page = recipe("toy_text", *options)
    table = rows_of_table(page, "All numbers of test")
    assert {"baseline", "sft", "dpo", "tdpo", "logo"} <= set(table)
    assert table["baseline"][table["method"].index("KL")] == "0.0000"
    assert "Against sft" in page
    assert "sequence-level `dpo beta 0.1`" in page
    runs = tmp_path / "exp/runs"
    assert json.loads((runs / "tdpo-beta0.1-s1/test.drift.json").read_text())["kl"] > 0
    # Finished trainings are not repeated; missing files are made again.

    models = {file: file.stat().st_mtime_ns for file in runs.glob("*/model/model.safetensors")}
    assert len(models) == 5
    before = (runs / "sft-s1/test.jsonl").read_bytes()
    (runs / "sft-s1/test.jsonl").unlink()
    words = ["--plan", plan, "--data", tmp_path / "exp/data", "--out", runs, "--seeds", 1]
    run_text.main(list(map(str, words)))
    assert (runs / "sft-s1/test.jsonl").read_bytes() == before
    assert {file: file.stat().st_mtime_ns for file in models} == models


@pytest.mark.slow
def test_digits_from_recordings_to_results(tmp_path):
    make_digits(tmp_path, {"train": [0, 1, 35], "test": [3]})
    plan = tiny_plan("digits/preference", ["ctc", "dpo", "tdpo"], tmp_path, TINY)
    options = ["--corpus", tmp_path, "--exp", tmp_path / "exp", "--plan", plan, "--strings", "6 2 3", "--seeds", "1"]
    page = recipe("digits", *options)
    table = rows_of_table(page, "All numbers of test")
    assert {"baseline", "ctc", "dpo", "tdpo"} <= set(table)
    assert "Against CTC: not shown" in page  # one seed is not enough
    run = tmp_path / "exp/runs/tdpo-weight1-s1"
    assert json.loads((run / "test.drift.json").read_text())["tokens"] > 0


@pytest.mark.slow
def test_read_speech_from_recordings_to_results(tmp_path):
    make_read(tmp_path, ["the cat sat", "a dog ran over"], {"train": ["a", "b", "c"], "dev": ["d"]})
    plan = tiny_plan("read_en/preference", ["ctc", "cdpo"], tmp_path, TINY)
    options = ["--corpus", tmp_path, "--exp", tmp_path / "exp", "--plan", plan, "--dev-speakers", 1, "--seeds", "1"]
    assert {"ctc", "cdpo"} <= set(rows_of_table(recipe("read_en", *options), "All numbers of test"))


@pytest.mark.parametrize("name", ["digits", "read_en"])
def test_every_method_of_a_plan_can_be_built(name, tmp_path):
    from ctcalign.models.encoders.recogniser import save_recogniser
    from ctcalign.train.recogniser.export import header_of
    from ctcalign.train.run import prepared

    seen: dict[str, str] = {}
    init = tmp_path / "baseline.safetensors"
    for run in runs_of(read_plan(ROOT / f"egs/{name}/preference/conf/plan.yaml"), [1]):
        if run.method in seen:
            continue
        config = merged(merged(run.config, TINY), {"trainer": {"default_root_dir": str(tmp_path), "logger": False}})
        if run.parent:
            config["model"]["init"] = str(init)
        file = tmp_path / f"{run.method}.yaml"
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        model = prepared(["--config", str(file)]).model
        if not run.parent:
            save_recogniser(init, model.network, header_of(model.model, {}))
        seen[run.method] = model.term.loss.name if hasattr(model, "term") else "ctc"
    losses = {"bco", "cdpo", "cpo", "dpo", "kto", "logo", "poft", "simpo", "tdpo", "treg"}
    built = {method: loss for method, loss in seen.items() if loss in losses}
    assert set(built) >= losses | {"cdpo_edits", "treg_edits"}
    assert all(method.split("_")[0] == loss for method, loss in built.items())


def test_wrong_answers_are_wrong():
    import numpy as np

    from egs.toy_text.preference.local import prepare

    assert [prepare.without_carry(a, b) for a, b in ((57, 68), (9, 1), (12, 34), (99, 1))] == [15, 0, 46, 90]
    rng = np.random.default_rng(0)
    for a, b in ((57, 68), (12, 34), (0, 0), (99, 99)):
        one = prepare.example(a, b, rng)
        texts = [response.content for response in one.responses]
        assert texts[0] == str(a + b)
        assert len(set(texts)) == 3


@pytest.mark.parametrize("name", ["ctc_preference", "ctc_preference_manifest"])
def test_example_configurations_of_recognisers_can_be_built(name, tmp_path):
    from ctcalign.models.encoders.recogniser import save_recogniser
    from ctcalign.train.recogniser.export import header_of
    from ctcalign.train.run import prepared

    base = {"model": {"encoder": {"class_path": "ConvEncoder", "init_args": NETWORK}}}
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(base), encoding="utf-8")
    (tmp_path / "pairs.jsonl").write_text('{"id": "x", "chosen": "a", "rejected": "b"}\n', encoding="utf-8")
    common = ["--config", str(tmp_path / "train.yaml"), "--trainer.accelerator", "cpu", "--trainer.logger", "false"]
    common += ["--trainer.default_root_dir", str(tmp_path)]
    first = prepared([*common, "--trainer.max_steps", "1"]).model
    init = tmp_path / "init.safetensors"
    save_recogniser(init, first.network, header_of(first.model, {}))
    more = ["--config", str(ROOT / f"recipes/conf/{name}.yaml"), "--model.init", str(init)]
    if name.endswith("manifest"):
        more += ["--model.preference.pairs.file", str(tmp_path / "pairs.jsonl")]
    assert type(prepared([*common, *more]).model).__name__ == "CtcPreferenceModule"


def test_example_configuration_of_language_models_can_be_built(tmp_path):
    from ctcalign.train.run import prepared
    from recipes.preference.language_model import write_language_model

    write_language_model(tmp_path / "start", "ab", dim=8, layers=1, positions=1024)
    options = ["--config", str(ROOT / "recipes/conf/text_preference.yaml"), "--model.model", str(tmp_path / "start")]
    options += ["--data.train", "pairs.jsonl", "--trainer.accelerator", "cpu", "--trainer.logger", "false"]
    found = prepared([*options, "--trainer.default_root_dir", str(tmp_path)]).model
    assert found.term.loss.name == "tdpo"
