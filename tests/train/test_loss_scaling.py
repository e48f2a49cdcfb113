"""float16 with the real gradient scaler, which runs on CPUs too if it is given to the trainer as a plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ctcalign.train.run import fit
from tests.train.tones import config, log_of, make_cuts

SCALE = 2.0**20  # so large that the gradients of the first updates overflow
FLOAT16 = {
    "class_path": "pytorch_lightning.plugins.precision.MixedPrecision",
    "init_args": {
        "precision": "16-mixed",
        "device": "cpu",
        "scaler": {"class_path": "torch.amp.GradScaler", "init_args": {"device": "cpu", "init_scale": SCALE}},
    },
}
if not hasattr(torch, "amp") or not hasattr(torch.amp, "GradScaler"):
    pytest.skip("torch has no gradient scaler for CPUs before 2.3", allow_module_level=True)


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("float16") / "cuts", 12)


def trained(
    folder: Path, cuts: Path, *options: str, seconds: float = 20, ema: float | None = None, **trainer: Any
) -> Any:
    """Train in float16 in batches of one bucket; the checkpoint."""
    data = {"train": str(cuts), "max_duration": seconds, "workers": 0, "buckets": 1}
    model = {"optimiser": {"lr": 0.005, "warmup_steps": 0, "ema": ema}}
    file = config(folder, cuts, model=model, data=data, trainer={"plugins": [FLOAT16], **trainer})
    fit(["--config", str(file), *options])
    return torch.load(folder / "last.ckpt", weights_only=True)


def apart(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """Norm of the difference of weights."""
    return float(torch.cat([(one[name] - other[name]).flatten() for name in one]).norm())


def test_updates_that_overflow_are_left_out_and_the_average_survives_them(cuts, tmp_path):
    first = trained(tmp_path / "first", cuts, max_steps=1)["state_dict"]
    still = trained(tmp_path / "still", cuts, "--model.optimiser.lr", "1e-12", max_steps=1)["state_dict"]
    assert apart(first, still) == 0
    content = trained(tmp_path / "many", cuts, max_steps=20, ema=0.9)
    rows = log_of(tmp_path / "many")
    scales = [row["loss_scale"] for row in rows]
    assert scales[:2] == [SCALE, SCALE / 2]
    assert scales[-1] == scales[-2] < 2.0**17
    assert content["MixedPrecision"]["scale"] == scales[-1]
    assert apart(content["state_dict"], still) > 0.1
    assert all(torch.isfinite(value).all() for value in content["state_dict"].values())
    assert rows[-1]["loss"] < 0.6 * rows[0]["loss"]


def test_accumulated_steps_are_one_batch(cuts, tmp_path):
    still = trained(tmp_path / "still", cuts, max_steps=1)
    whole = trained(tmp_path / "whole", cuts, seconds=20, max_steps=9)
    parts = trained(tmp_path / "parts", cuts, seconds=5, max_steps=9, accumulate_grad_batches=4)
    assert whole["MixedPrecision"]["scale"] == parts["MixedPrecision"]["scale"] < 2.0**17
    whole, parts, still = (one["state_dict"] for one in (whole, parts, still))
    assert apart(whole, parts) < 0.05 * apart(whole, still)  # rounding in float16


def test_a_resumed_training_has_the_scale_of_the_stopped_one(cuts, tmp_path):
    whole = trained(tmp_path / "whole", cuts, max_steps=8)
    trained(tmp_path / "stopped", cuts, max_steps=6)
    resumed = trained(tmp_path / "stopped", cuts, "--resume", "last", max_steps=8)
    assert resumed["MixedPrecision"] == whole["MixedPrecision"]
    assert apart(whole["state_dict"], resumed["state_dict"]) == 0
