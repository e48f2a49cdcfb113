"""Trainings resumed with less data, other options or other symbols, and validation without anything to measure."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.train.notices import TrainingWarning
from ctcalign.train.resuming import differences
from ctcalign.train.run import fit, prepared
from tests.train.preference.cases import language_model, sums
from tests.train.tones import config, log_of, make_cuts
from tests.warm_python import warm_python


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("resume") / "cuts", 20)


def started(folder: Path, cuts: Path, steps: int = 3, **more: Any) -> Path:
    """A configuration, trained for some steps in batches of 3 seconds."""
    file = config(folder, cuts, data={"train": str(cuts), "max_duration": 3, "workers": 0}, **more)
    fit(["--config", str(file), "--trainer.max_steps", str(steps)])
    return file


def same(one: Any, other: Any) -> None:
    """Equal to the last bit, whatever it is made of."""
    if isinstance(one, dict):
        assert list(one) == list(other)
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list):
        for a, b in zip(one, other, strict=True):
            same(a, b)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


def resumed(file: Path, *options: str, steps: int = 5) -> None:
    fit(["--config", str(file), "--resume", "last", "--trainer.max_steps", str(steps), *options])


@pytest.mark.parametrize("change", ["larger batches", "less data"])
def test_a_place_behind_the_end_of_the_epoch_is_followed_by_the_next_epoch(change, cuts, tmp_path):
    file = started(tmp_path, cuts, steps=4)
    options = ["--data.max_duration", "30", "--data.buckets", "1"]
    if change == "less data":
        options = ["--data.train", str(make_cuts(tmp_path / "few", 3))]
    with pytest.warns(TrainingWarning, match=r"stopped after 4 batches of epoch 0, which now has [1-4]: .* epoch 1"):
        resumed(file, *options)
    assert log_of(tmp_path)[0]["epoch"] == 1
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 5


def text(folder: Path, size: int) -> Path:
    content = json.loads(config(folder, folder).read_text())
    content |= {"task": "text_preference", "data": {"train": sums(folder / "sums.jsonl"), "batch_size": size}}
    content["model"] = {"model": language_model(folder / "start"), "loss": {"name": "simpo"}}
    file = folder / "text.yaml"
    file.write_text(json.dumps(content))
    return file


def test_the_same_for_examples_of_text(tmp_path):
    fit(["--config", str(text(tmp_path, 1)), "--trainer.max_steps", "2"])
    with pytest.warns(TrainingWarning, match=r"stopped after 2 batches of epoch 0, which now has 1: "):
        resumed(text(tmp_path, 3), steps=3)
    assert log_of(tmp_path)[0]["epoch"] == 1


def test_another_alphabet_is_refused(cuts, tmp_path):
    file = started(tmp_path, cuts)
    with pytest.raises(UsageError, match=r"other symbols .* \(6 and 6; label 2 is 'a' there and 'd' here\)"):
        resumed(file, "--model.tokenizer.init_args.characters", " dcba")
    with pytest.raises(UsageError, match=r"\(6 and 7; label 6 is none there and 'e' here\)"):
        resumed(file, "--model.tokenizer.init_args.characters", " abcde")


def test_options_of_the_optimiser_take_effect_and_are_recorded(cuts, tmp_path):
    file = started(tmp_path, cuts, model={"optimiser": {"lr": 0.01, "warmup_steps": 0, "weight_decay": 0.0}})
    with pytest.warns(
        TrainingWarning, match=r"from step 3 on .*model.optimiser.lr 0.01 -> 0.002, .*weight_decay 0.0 ->"
    ):
        resumed(file, "--model.optimiser.lr", "0.002", "--model.optimiser.weight_decay", "0.5")
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    groups = content["optimizer_states"][0]["param_groups"]
    assert [group["lr"] for group in groups] == [0.002, 0.002]
    assert sorted(group["weight_decay"] for group in groups) == [0.0, 0.5]
    assert content["lr_schedulers"][0]["base_lrs"] == [0.002, 0.002]
    [record] = content["ctcalign"]["resumed"]
    assert record["step"] == 3
    assert record["changed"]["model.optimiser.lr"] == [0.01, 0.002]
    assert content["ctcalign"]["training"]["model"]["optimiser"]["lr"] == 0.002
    resumed(file, "--model.optimiser.lr", "0.002", "--model.optimiser.weight_decay", "0.5", steps=6)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["ctcalign"]["resumed"] == [record]  # it is kept


def test_rates_and_frozen_parts_take_effect(cuts, tmp_path):
    file = started(tmp_path, cuts, model={"optimiser": {"lr": 0.01, "warmup_steps": 0}})
    before = torch.load(tmp_path / "last.ckpt", weights_only=True)
    groups = '[{"modules": ["head"], "lr": 0.1}]'
    changes = ["--model.freeze", "[stem]", "--model.optimiser.layer_decay", "0.5", "--model.optimiser.groups", groups]
    with pytest.warns(TrainingWarning, match=r"from step 3 on .*layer_decay 1.0 -> 0.5"):
        resumed(file, *changes, steps=4)
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    [state] = content["optimizer_states"]
    found = {
        name: (group["lr"], float(state["state"][number]["step"]))
        for group in state["param_groups"]
        for number, name in zip(group["params"], group["names"], strict=True)
    }
    assert found["head.bias"] == (0.1, 4)  # the moments are those of before
    assert found["encoder.norm.weight"] == (0.005, 4)
    assert found["encoder.blocks.0.expand.weight"] == (0.00125, 4)
    assert not any(".stem." in name for name in found)
    assert content["lr_schedulers"][0]["base_lrs"] == [group["lr"] for group in state["param_groups"]]
    for name, value in content["state_dict"].items():
        assert torch.equal(value, before["state_dict"][name]) == (".stem." in name), name


KILLED = """
import os, signal, sys
from ctcalign.train.recogniser.module import CTCModule
from ctcalign.train.run import fit
def end(self, *_):
    if self.global_step == 5:
        os.kill(os.getpid(), signal.SIGKILL)
CTCModule.on_train_batch_end = end
fit(sys.argv[1:])
"""


def test_a_killed_training_goes_on_as_if_it_had_not_been(cuts, tmp_path):
    """With a part that is thawed before the kill and one after it, rates, averaged weights and accumulated steps."""
    options = {
        "model": {
            "optimiser": {"lr": 0.01, "warmup_steps": 3, "layer_decay": 0.7, "ema": 0.8},
            "freeze": [{"modules": ["stem"], "until_step": 2}, {"modules": ["blocks.0"], "until_step": 5}],
        },
        "data": {"train": str(cuts), "max_duration": 6, "workers": 0},
        "trainer": {
            "max_steps": 8, "accumulate_grad_batches": 2, "val_check_interval": 4, "check_val_every_n_epoch": None,
        },
    }  # fmt: skip
    whole, parts = (config(tmp_path / name, cuts, cuts, **options) for name in ("whole", "parts"))
    killed = subprocess.Popen([warm_python() / "python", "-W", "ignore", "-c", KILLED, "--config", str(parts)])
    fit(["--config", str(whole)])
    assert killed.wait(timeout=200) == -signal.SIGKILL
    assert torch.load(tmp_path / "parts" / "last.ckpt", weights_only=True)["global_step"] == 4
    fit(["--config", str(parts), "--resume", "last"])
    one, other = (torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("whole", "parts"))
    for part in ("state_dict", "ctcalign_average", "optimizer_states", "lr_schedulers", "CutsDataModule"):
        same(one[part], other[part])
    assert one["ctcalign_average"]["updates"] == 8


def test_data_seed_and_initial_weights_are_told(cuts, tmp_path):
    file = started(tmp_path, cuts)
    other = make_cuts(tmp_path / "other", 12)
    start = tmp_path / "start.safetensors"
    (tmp_path / "model.safetensors").rename(start)
    with pytest.warns(TrainingWarning) as caught:
        resumed(file, "--seed", "7", "--data.train", str(other), "--model.init", str(start))
    told = " ".join(str(one.message) for one in caught if one.category is TrainingWarning)
    assert "seed 1 -> 7" in told
    assert "data.train" in told
    assert "model.init has no effect: the weights are those of the checkpoint" in told


def test_an_unchanged_configuration_has_no_differences():
    own = {"seed": 1, "model": {"lr": 1.0}, "data": {"train": "a", "workers": 1}, "trainer": {"max_steps": 5}}
    other = {"seed": 1, "model": {"lr": 1.0}, "data": {"train": "a", "workers": 4}, "trainer": {"max_steps": 9}}
    assert differences(own, other) == {}
    assert differences(own, {**other, "seed": 2}) == {"seed": [1, 2]}
    assert differences(own, {**other, "trainer": {"precision": "16-true"}}) == {}  # unknown before


def test_another_task_is_refused(cuts, tmp_path):
    started(tmp_path / "ctc", cuts)
    with pytest.raises(UsageError, match="the checkpoint is of the task ctc, the configuration of text_preference"):
        fit(["--config", str(text(tmp_path, 1)), "--resume", str(tmp_path / "ctc" / "last.ckpt")])


def test_groups_of_accumulated_batches_begin_with_the_epoch(cuts, tmp_path):
    """10 batches in groups of 3 are four steps an epoch, with and without a stop at its end."""
    logs = []
    for name, stops in (("whole", [8]), ("parts", [4, 8])):
        for number, stop in enumerate(stops):
            file = config(
                tmp_path / name,
                cuts,
                data={"train": str(cuts), "max_duration": 3, "workers": 0},
                trainer={"accumulate_grad_batches": 3},
            )
            fit(["--config", str(file), "--trainer.max_steps", str(stop), *(["--resume", "last"] if number else [])])
        logs.append(torch.load(tmp_path / name / "last.ckpt", weights_only=True))
    assert logs[0]["CutsDataModule"] == logs[1]["CutsDataModule"]
    for key, value in logs[0]["state_dict"].items():
        assert torch.equal(value, logs[1]["state_dict"][key]), key


@pytest.mark.parametrize("interval", [{}, {"val_check_interval": 2, "check_val_every_n_epoch": None}])
def test_validation_without_anything_to_measure_keeps_the_last_checkpoint(interval, cuts, tmp_path):
    from lhotse import CutSet

    silent = list(CutSet.from_file(make_cuts(tmp_path / "silent", 2)))
    for cut in silent:
        cut.supervisions = []
    CutSet.from_cuts(silent).to_file(tmp_path / "silent.jsonl.gz")
    file = config(
        tmp_path / "run", cuts, tmp_path / "silent.jsonl.gz", trainer={"max_epochs": 2, "max_steps": -1, **interval}
    )
    with pytest.warns(TrainingWarning, match=r"validation: nothing can be measured, so no best.ckpt .* untranscribed"):
        fit(["--config", str(file)])
    assert (tmp_path / "run" / "last.ckpt").is_file()
    assert not (tmp_path / "run" / "best.ckpt").exists()
    assert prepared(["--config", str(file)]).trainer.checkpoint_callback.state_key.startswith("ModelCheckpoint")
