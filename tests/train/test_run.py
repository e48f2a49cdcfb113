"""`ctcalign fit` on tones: it learns, resumes, counts what it leaves out, and names errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from click.testing import CliRunner

import ctcalign
from ctcalign.cli.fit import command
from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.train.recogniser.export import source_commit
from ctcalign.train.recogniser.guard import WordErrorGuard
from ctcalign.train.run import fit, prepared
from tests.train.tones import config, log_of, make_cuts

AWP = {"name": "align_with_purpose", "weight": 0.5, "options": {"property": "low_latency"}}


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("train"), 48)


@pytest.fixture(scope="module")
def validation(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("validation"), 6, seed=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cuts, validation) -> Path:
    """The folder of a short training."""
    folder = tmp_path_factory.mktemp("run")
    fit(["--config", str(config(folder, cuts, validation, trainer={"max_steps": 60}))])
    return folder


def test_the_loss_falls(trained):
    rows = [row for row in log_of(trained) if "loss" in row]
    assert len(rows) == 60
    alike = [row["loss"] for row in rows if row["utterances"] <= 4]  # a batch of more has shorter utterances
    assert np.mean(alike[-5:]) < 0.5 * np.mean(alike[:5])
    assert any(0 <= row.get("val_cer", -1) < 0.6 for row in log_of(trained))


def test_a_checkpoint_is_a_model_and_carries_the_configuration(trained):
    whole = torch.load(trained / "last.ckpt", weights_only=True)  # nothing but tensors, numbers and strings
    assert whole["ctcalign"]["training"]["model"]["encoder"]["init_args"]["dim"] == 32
    assert whole["ctcalign"]["training"]["trainer"]["max_steps"] == 60
    versions = whole["ctcalign"]["versions"]
    assert versions["torch"]
    assert versions.get("commit") == source_commit()
    waveform, lengths = torch.randn(1, 8000), torch.tensor([8000])
    outputs = []
    for file in ("last.ckpt", "best.ckpt", "model.safetensors"):
        model = ctcalign.load_model(f"checkpoint:{trained / file}", "cpu")
        assert model.vocabulary.symbols == ("<blank>", *" abcd")
        with torch.inference_mode():
            outputs.append(model(waveform, lengths)[0])
    assert torch.equal(outputs[0], outputs[2])  # the export is the last state


def test_a_guard_stops_the_objectives_in_the_middle_of_a_training(cuts, validation, trained, tmp_path):
    guard = {"class_path": "WordErrorGuard", "init_args": {"relative": 0.0, "baseline": 0.0}}
    awp = {**AWP, "start_when": {"step": 4}}
    settings = {"max_steps": 20, "val_check_interval": 5, "check_val_every_n_epoch": None, "callbacks": [guard]}
    file = config(
        tmp_path, cuts, validation, model={"init": str(trained / "last.ckpt"), "objectives": [awp]}, trainer=settings
    )
    with pytest.warns(UserWarning, match=r"guard: validation WER .* stopped align_with_purpose"):
        fit(["--config", str(file)])
    weights = [row["align_with_purpose/weight"] for row in log_of(tmp_path) if "align_with_purpose/weight" in row]
    # Off before step 4, on until the first validation past it, off from there to the end, and CTC goes on.
    assert weights == [0.0] * 4 + [AWP["weight"]] + [0.0] * 15
    assert all(np.isfinite(row["ctc"]) for row in log_of(tmp_path) if "ctc" in row)


def test_an_objective_of_ten_lines_of_ones_own(cuts, trained, tmp_path, monkeypatch):
    (tmp_path / "own_properties.py").write_text(
        "import numpy as np\n"
        "\n"
        "def no_blank_first(path, context):\n"
        '    """Drop a leading blank and append one: the whole text a frame earlier."""\n'
        "    if len(path) < 2 or path[0] != context.blank:\n"
        "        return None\n"
        "    return np.append(path[1:], context.blank)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    objective = {**AWP, "options": {"property": "own_properties:no_blank_first"}, "label": "mine"}
    model = {"objectives": [objective], "init": str(trained / "last.ckpt")}
    fit(["--config", str(config(tmp_path / "run", cuts, model=model)), "--trainer.max_steps", "25"])
    rows = log_of(tmp_path / "run")
    assert len(rows) == 25
    assert {"mine/share_unchanged", "mine/hinge_activity", "mine/mean_gain", "mine/loss", "ctc"} <= set(rows[0])
    gains = [row["mine/mean_gain"] for row in rows]
    assert np.mean(gains[-5:]) > np.mean(gains[:5])  # the property is learnt


def test_a_resumed_training_equals_one_that_was_not_stopped(cuts, validation, tmp_path):
    """Dropout, augmentation, sampling and the ramp of a weight are all random or go by the step."""
    model = {
        "encoder": {"class_path": "ConvEncoder", "init_args": {"dim": 16, "blocks": 1, "kernel": 5, "dropout": 0.1}},
        "objectives": [{**AWP, "start_when": {"step": 3}, "ramp_steps": 6}],
        "optimiser": {"lr": 0.01, "warmup_steps": 5, "decay": "cosine", "total_steps": 14},
    }
    data = {"train": str(cuts), "max_duration": 6, "workers": 0}
    data["augmentation"] = {"speeds": [0.9, 1.0, 1.1], "spec_augment": {"time_masks": 1}}
    for name, stops in (("whole", [14]), ("parts", [5, 9, 14])):
        for place, stop in enumerate(stops):
            file = config(tmp_path / name, cuts, validation, model=model, data=data)
            more = ["--trainer.max_steps", str(stop), *(["--resume", "last"] if place else [])]
            fit(["--config", str(file), *more])
    whole, parts = (torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("whole", "parts"))
    assert whole["CutsDataModule"] == parts["CutsDataModule"]
    assert whole["ctcalign_training"]["schedules"] == parts["ctcalign_training"]["schedules"]
    for key, value in whole["state_dict"].items():
        assert torch.equal(value, parts["state_dict"][key]), key
    last = {row["step"]: row["loss"] for row in log_of(tmp_path / "parts") if "loss" in row}
    first = {row["step"]: row["loss"] for row in log_of(tmp_path / "whole") if "loss" in row}
    assert min(last) == 9
    assert last == {step: first[step] for step in last}


def test_utterances_that_cannot_be_trained_on_are_counted(tmp_path):
    from lhotse import CutSet, Recording, SupervisionSegment

    cuts = list(CutSet.from_file(make_cuts(tmp_path / "cuts", 5)))
    cuts[0].supervisions[0].text = "ab 9"  # no symbol for it
    cuts[1].supervisions[0].text = "abcd" * 30  # more than the frames can hold
    cuts[2].supervisions = []
    sf.write(tmp_path / "nan.wav", np.full(8000, np.nan, np.float32), 16_000, subtype="FLOAT")
    bad = Recording.from_file(tmp_path / "nan.wav").to_cut()
    bad.supervisions = [SupervisionSegment("nan", bad.recording_id, 0, 0.5, text="ab")]
    Path(cuts[3].recording.sources[0].source).unlink()
    long = cuts[4].pad(duration=40.0)
    CutSet.from_cuts([*cuts, bad, long]).to_file(tmp_path / "cuts.jsonl.gz")
    fit(["--config", str(config(tmp_path / "run", tmp_path / "cuts.jsonl.gz", trainer={"max_epochs": 1}))])
    rows = log_of(tmp_path / "run")
    expected = {"unsayable": 1, "too_short": 1, "untranscribed": 1, "unreadable": 2}
    assert {reason: rows[-1][f"skipped/{reason}"] for reason in expected} == expected
    assert sum(row["utterances"] for row in rows) == 1
    assert all(np.isfinite(row["loss"]) for row in rows)


def test_the_configurations_of_the_page_are_ones(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    arguments = []
    for place, text in enumerate(re.findall(r"```yaml\n(# (?:train|awp)\.yaml.*?)```", page, re.DOTALL)):
        (tmp_path / f"{place}.yaml").write_text(text)
        arguments += ["--config", str(tmp_path / f"{place}.yaml")]
    assert len(arguments) == 4
    cli = prepared([*arguments, "--model.init", "null", "--trainer.accelerator", "cpu"])
    (term,) = cli.model.terms
    assert (term.config.weight, term.config.start_when.wer_below, term.schedule.ramp_steps) == (3.0, 0.2, 500)
    assert any(isinstance(one, WordErrorGuard) for one in cli.trainer.callbacks)  # type: ignore[attr-defined]
    assert cli.trainer.default_root_dir == "exp/awp"  # the later file wins
    assert cli.datamodule.augmentation.speeds == [0.9, 1.0, 1.1]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"objectives": [{**AWP, "name": "align_with_porpoise"}]}, "did you mean 'align_with_purpose'"),
        ({"objectives": [{**AWP, "weight": -1}]}, "weight: got -1.0, expected a finite number >= 0"),
        ({"objectives": [{"name": "align_with_purpose"}]}, "weight"),
        ({"objectives": [{**AWP, "options": {"property": "low_latencyy"}}]}, "low_latencyy"),
        ({"objectives": [{**AWP, "options": {"marginn": 0}}]}, "marginn"),
        ({"objectives": [{**AWP, "sampler": {"name": "magic"}}]}, "magic"),
        ({"objectives": [{**AWP, "sampler": {"paths": 0}}]}, "sampler.paths: got 0, expected a whole number >= 1"),
        ({"objectives": [{**AWP, "start_when": {"epoch": 1, "step": 2}}]}, "expected one condition, got epoch, step"),
        ({"objectives": [AWP, AWP]}, "the name 'align_with_purpose' is already used"),
        ({"objectives": [{"name": "delay_penalty", "weight": 0.5, "options": {"penalty": 0.1}}]}, "weight must be 1"),
        ({"optimiser": {"lr": 0}}, "optimiser.lr: got 0.0, expected a finite number > 0"),
        ({"encoder": {"class_path": "ConvEncoderr"}}, "ConvEncoderr"),
        ({"init": "nowhere.ckpt"}, "nowhere.ckpt: no such file"),
        ({"sise": 3}, "sise"),
    ],
)
def test_wrong_models_are_one_line(model, message, cuts, tmp_path):
    with pytest.raises(CtcAlignError) as caught:
        prepared(["--config", str(config(tmp_path, cuts, model=model))])
    assert message in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("data", {"train": "nowhere"}, "data.train: nowhere: no such file or folder"),
        ("data", {"train": None}, "expected a Shar folder or a cut manifest to train on"),
        ("data", {"max_duration": 0}, "expected max_duration and longest > 0"),
        ("data", {"longest": 0.1}, "no utterance of at most 0.1 seconds"),
        ("data", {"augmentation": {"noise": {"folder": "nowhere"}}}, "noise: nowhere contains no recordings"),
        ("data", {"augmentation": {"speeds": [10]}}, "expected factors between 0.5 and 2"),
        ("trainer", {"max_steps": -1}, "no limit is set"),
        ("resume", "nowhere.ckpt", "there is no checkpoint nowhere.ckpt"),
    ],
)
def test_wrong_data_is_one_line(part, values, message, cuts, tmp_path):
    file = config(tmp_path, cuts, **{part: values})
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content))
    with pytest.raises(UsageError, match=message):
        fit(["--config", str(file)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\xfa", "not UTF-8 text; expected a YAML file"),
        (b"", "got an empty file"),
        (b"- 1", "expected YAML with entries such as model and data, got list"),
        (b"model: {", "Problems parsing config"),
    ],
)
def test_a_wrong_configuration_file_is_one_line(content, message, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        fit(["--config", str(file)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "own"), [([], "--model.encoder"), (["--task", "text_preference"], "--model.sft_weight")]
)
def test_all_options_are_those_of_the_task(task, own):
    shown = CliRunner().invoke(command, ["--all-options", *task])
    assert shown.exit_code == 0
    assert own in shown.output


def test_no_advertisement_is_shown(tmp_path, capfd, caplog):
    with caplog.at_level("INFO", "pytorch_lightning.utilities.rank_zero"):
        fit(["--config", str(config(tmp_path / "run", make_cuts(tmp_path / "few", 3))), "--trainer.max_steps", "1"])
    captured = capfd.readouterr()
    assert "Tip: " not in caplog.text + captured.out + captured.err
    assert "max_steps" in caplog.text  # other messages are there
