"""Options of the trainer: half precision and early stopping."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ctcalign.train.run import fit
from tests.train.tones import config, log_of, make_cuts


@pytest.fixture(scope="module")
def cuts(tmp_path_factory) -> Path:
    return make_cuts(tmp_path_factory.mktemp("precision") / "cuts", 6)


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed"])
def test_mixed_precision(precision, cuts, tmp_path):
    """On a CPU Lightning takes bfloat16 for both. The loss stays near that of single precision, and weights float32."""
    data = {"train": str(cuts), "max_duration": 12, "workers": 0}
    losses = []
    for name in ("32-true", precision):
        trainer = {"max_steps": 6, "precision": name, "accumulate_grad_batches": 2}
        fit(["--config", str(config(tmp_path / name, cuts, data=data, trainer=trainer))])
        losses.append([row["loss"] for row in log_of(tmp_path / name) if "loss" in row])
    assert losses[1] == pytest.approx(losses[0], rel=0.03)
    assert losses[1] != losses[0]
    content = torch.load(tmp_path / precision / "last.ckpt", weights_only=True)
    assert {value.dtype for value in content["state_dict"].values()} == {torch.float32}


def test_early_stopping(cuts, tmp_path):
    stop = {
        "class_path": "EarlyStopping",
        "init_args": {"monitor": "val_loss", "mode": "min", "patience": 2, "min_delta": 0.01},
    }
    file = config(
        tmp_path, cuts, cuts,
        model={"optimiser": {"lr": 1e-12, "warmup_steps": 0}},  # nothing gets better
        trainer={"max_steps": 40, "val_check_interval": 1, "check_val_every_n_epoch": None, "callbacks": [stop]},
    )  # fmt: skip
    fit(["--config", str(file)])
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 3
    assert (tmp_path / "model.safetensors").is_file()
    assert (tmp_path / "best.ckpt").is_file()
