"""Whole trainings with preferences: stopped and resumed, on two processes, from the command line's options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.train.preference.text.module import TextPreferenceModule
from ctcalign.train.run import fit, prepared
from tests.train.preference.cases import language_model, sums
from tests.train.tones import config, log_of, make_cuts
from tests.train.two_processes import fit_alone_and_together

STEPS = 6


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def cuts(root) -> Path:
    return make_cuts(root / "train", 13)


@pytest.fixture(scope="module")
def base(root, cuts) -> str:
    """A start that makes mistakes."""
    fit(["--config", str(config(root / "base", cuts, trainer={"max_steps": 25}))])
    return str(root / "base" / "model.safetensors")


@pytest.fixture(scope="module")
def sentences(root) -> tuple[str, str]:
    return language_model(root / "start"), sums(root / "sums.jsonl")


def optimiser(lr: float) -> dict[str, Any]:
    return {"lr": lr, "warmup_steps": 2}


def speech(folder: Path, cuts: Path, base: str, preference: dict[str, Any], **trainer: Any) -> Path:
    # The dropout of two processes is not that of one.
    dropout = 0.0 if trainer.pop("plain", False) else 0.1
    encoder = {"class_path": "ConvEncoder", "init_args": {"dim": 32, "blocks": 2, "kernel": 5, "dropout": dropout}}
    return config(
        folder, cuts,
        task="ctc_preference",
        model={"init": base, "encoder": encoder, "preference": preference, "optimiser": optimiser(0.003)},
        data={"train": str(cuts), "max_duration": 4, "workers": 0},
        trainer={"max_steps": STEPS, **trainer},
    )  # fmt: skip


def text(folder: Path, sentences: tuple[str, str], loss: str, **trainer: Any) -> Path:
    model, file = sentences
    found = {
        "task": "text_preference",
        "model": {"model": model, "loss": {"name": loss}, "sft_weight": 0.2, "optimiser": optimiser(0.01)},
        "data": {"train": file, "validation": file, "batch_size": 2},
        "trainer": {
            "default_root_dir": str(folder), "max_steps": STEPS, "log_every_n_steps": 1, "accelerator": "cpu",
            "devices": 1, "enable_progress_bar": False, "enable_model_summary": False, **trainer,
        },
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.yaml").write_text(json.dumps(found), encoding="utf-8")
    return folder / "train.yaml"


def same(one: Any, other: Any) -> None:
    """Equal to the last bit, whatever it is made of."""
    if isinstance(one, dict):
        assert set(one) == set(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


BCO = {"loss": {"name": "bco"}, "pairs": {"source": "sample", "unit": "characters"}}


@pytest.mark.parametrize("what", ["speech", "text"])
def test_a_resumed_bco_training_equals_one_that_was_not_stopped(what, root, cuts, base, sentences):
    for name, stops in (("whole", [STEPS]), ("parts", [2, STEPS])):
        folder = root / f"{what}-{name}"
        file = speech(folder, cuts, base, BCO) if what == "speech" else text(folder, sentences, "bco")
        for place, stop in enumerate(stops):
            fit(["--config", str(file), "--trainer.max_steps", str(stop), *(["--resume", "last"] if place else [])])
    whole, parts = (torch.load(root / f"{what}-{name}" / "last.ckpt", weights_only=True) for name in ("whole", "parts"))
    same(whole["state_dict"], parts["state_dict"])
    same(whole["ctcalign_preference"], parts["ctcalign_preference"])
    moments = whole["ctcalign_preference"]["state"]["shift"]["moments"]
    assert bool((moments[:, 0] > 0).all())  # rows of both kinds were counted
    assert float(moments[:, 1].abs().sum()) > 0
    first = {row["step"]: row for row in log_of(root / f"{what}-whole") if "loss" in row}
    again = {row["step"]: row for row in log_of(root / f"{what}-parts") if "loss" in row}
    assert min(again) == 2
    assert again == {step: first[step] for step in again}
    wrong = json.loads((root / f"{what}-whole" / "train.yaml").read_text())
    losses = wrong["model"]["preference"] if what == "speech" else wrong["model"]
    losses["loss"] = {"name": "kto"}
    (root / "wrong.yaml").write_text(json.dumps(wrong))
    with pytest.raises(UsageError, match="trained with the loss 'bco', the configuration has 'kto'"):
        fit(["--config", str(root / "wrong.yaml"), "--resume", "last", "--trainer.max_steps", "9"])


RUNS = ("speech-bco", "speech-kto", "speech-cpo", "text-bco", "text-kto", "text-poft")
ACCUMULATED = ("speech-cpo", "text-kto")


@pytest.fixture(scope="module")
def processes(root, cuts, base, sentences) -> dict[tuple[str, int], Path]:
    """Folders of trainings by what and on how many processes; two processes run beside this one."""
    folders = {}
    for what in RUNS:
        kind, loss = what.split("-")
        for count in (1, 2):
            folder = folders[what, count] = root / f"{what}-{count}"
            trainer = {"devices": count, **({"strategy": "ddp"} if count > 1 else {})}
            if what in ACCUMULATED:
                trainer["accumulate_grad_batches"] = 2
            preference = {**BCO, "loss": {"name": loss, "options": {"beta": 1.0}}}
            if kind == "speech":
                speech(folder, cuts, base, preference, plain=True, **trainer)
            else:
                text(folder, sentences, loss, **trainer)
    fit_alone_and_together([folders[what, 1] for what in RUNS], [folders[what, 2] for what in RUNS])
    return folders


@pytest.mark.parametrize("what", RUNS)
def test_two_processes_follow_one(processes, what):
    one, two = (log_of(processes[what, count]) for count in (1, 2))
    assert [row["step"] for row in one] == [row["step"] for row in two]
    assert sum("preference/loss" in row for row in one) >= STEPS - 1
    for first, second in zip(one, two, strict=True):
        assert first == pytest.approx(second, abs=1e-4)  # losses, metrics, counts, numbers of validation
    whole = [torch.load(processes[what, count] / "last.ckpt", weights_only=True) for count in (1, 2)]
    for key, value in whole[0]["state_dict"].items():
        torch.testing.assert_close(whole[1]["state_dict"][key], value, atol=1e-4, rtol=1e-3)
    if what.endswith("bco"):
        moments = [one["ctcalign_preference"]["state"]["shift"]["moments"] for one in whole]
        assert torch.equal(moments[0][:, 0], moments[1][:, 0])  # every row counted once
        torch.testing.assert_close(*moments, atol=1e-4, rtol=1e-3)
    else:
        assert whole[0]["ctcalign_preference"]["dropped"] == whole[1]["ctcalign_preference"]["dropped"]


def test_a_language_model_is_validated_kept_and_exported(processes):
    folder = processes["text-kto", 1]
    assert any({"val_loss", "val_accuracy", "val_margins"} <= set(row) for row in log_of(folder))
    assert (folder / "best.ckpt").is_file()
    assert (processes["text-poft", 1] / "best.ckpt").is_file()  # a loss without accuracy is kept by its value
    TextPreferenceModule(str(folder / "model"), reference=str(folder / "model"))


def test_the_last_task_named_counts(tmp_path, sentences):
    file = text(tmp_path, sentences, "dpo")
    assert type(prepared(["--config", str(file)]).model).__name__ == "TextPreferenceModule"
    with pytest.raises(UsageError, match="task: got 'speech', expected one of ctc, ctc_preference, text_preference"):
        prepared(["--config", str(file), "--task", "speech"])
    with pytest.raises(UsageError, match="model"):
        prepared(["--config", str(file), "--task=ctc"])  # its options are those of another model
