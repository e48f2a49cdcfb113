"""A model of transformers on two processes, with DDP and FSDP: the training of one process, and dropped layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.models.hugging_face.small_models import transformers
from tests.models.training.small_models import saved
from tests.train.tones import config, log_of, make_cuts
from tests.train.two_processes import fit_alone_and_together

STEPS = 5


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    """Folders of the trainings by strategy; "dropped-…" leaves layers out and masks spans at random."""
    root = tmp_path_factory.mktemp("transformers")
    cuts = make_cuts(root / "train", 13)
    whole = saved(root / "whole", "wav2vec2")
    dropped = saved(root / "dropped", "wav2vec2", layerdrop=0.5, mask_time_prob=0.3, mask_time_length=2)
    folders = {}
    for name in ("auto", "ddp", "fsdp", "dropped-ddp", "dropped-fsdp"):
        strategy = name.split("-")[-1]
        trainer = {"max_steps": STEPS, "devices": 1 if strategy == "auto" else 2, "strategy": strategy}
        file = config(root / name, cuts, data={"train": str(cuts), "max_duration": 6, "workers": 0}, trainer=trainer)
        content = json.loads(file.read_text())
        start = dropped if name.startswith("dropped") else whole
        content["model"] = {"init": f"hf:{start}", "optimiser": {"lr": 1e-3, "warmup_steps": 0}}
        file.write_text(json.dumps(content))
        folders[name] = file.parent
    fit_alone_and_together([folders["auto"]], [folder for name, folder in folders.items() if name != "auto"])
    return folders


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_follow_one(strategy, runs):
    for first, second in zip(log_of(runs["auto"]), log_of(runs[strategy]), strict=True):
        assert first["loss"] == pytest.approx(second["loss"], rel=1e-4)
    one, two = (torch.load(runs[name] / "last.ckpt", weights_only=True)["state_dict"] for name in ("auto", strategy))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-4, rtol=1e-3)
    models = [transformers.AutoModelForCTC.from_pretrained(runs[name] / "model").eval() for name in ("auto", strategy)]
    noise = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0))
    logits = [model(noise).logits for model in models]
    torch.testing.assert_close(*logits, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_layers_that_are_left_out_at_random_hold_nobody_up(strategy, runs):
    assert sum("loss" in row for row in log_of(runs[f"dropped-{strategy}"])) == STEPS
