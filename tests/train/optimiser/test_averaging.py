"""The average of the weights: by hand, in validation, in checkpoints and in the exported model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.train.run import fit, prepared
from tests.train.optimiser.cases import recogniser, utterances
from tests.train.preference.cases import trained
from tests.train.tones import config, log_of, make_cuts


class Watch(pl.Callback):
    """Keeps the weights after every update."""

    def __init__(self) -> None:
        self.states: list[dict[str, torch.Tensor]] = []

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        self.states.append({name: value.clone() for name, value in module.state_dict().items()})


def averaged(start: dict[str, torch.Tensor], states: list[dict[str, torch.Tensor]], decay: float) -> dict[str, Any]:
    found = start
    for n, state in enumerate(states):
        d = min(decay, (1 + n) / (10 + n))
        found = {name: d * value + (1 - d) * state[name] for name, value in found.items()}
    return found


def test_the_average_by_hand(tmp_path: Path):
    module = recogniser(optimiser={"ema": 0.3}, freeze=["stem"])
    start = {name: value.clone() for name, value in module.state_dict().items()}
    watch = Watch()
    trained(module, [utterances(range(3), n) for n in range(6)], callbacks=[watch], accumulate_grad_batches=2)
    updates = watch.states[1::2]
    last = {name: value.clone() for name, value in module.state_dict().items()}
    for name, value in updates[-1].items():
        assert torch.equal(last[name], value)  # training goes on with the weights themselves
    module.finish(tmp_path)
    expected = averaged(start, updates, 0.3)
    for name, value in module.state_dict().items():
        torch.testing.assert_close(value, expected[name])
        assert torch.equal(value, start[name]) == (".stem." in name)


def test_checkpoint_validation_and_export_have_the_average(tmp_path: Path):
    cuts = make_cuts(tmp_path / "cuts", 6)
    options = {
        "model": {"optimiser": {"lr": 0.01, "warmup_steps": 0, "ema": 0.9}},
        "data": {"train": str(cuts), "max_duration": 3, "workers": 0},
        "trainer": {"max_steps": 4, "val_check_interval": 2, "check_val_every_n_epoch": None, "max_epochs": -1},
    }
    file = config(tmp_path / "run", cuts, cuts, **options)
    fit(["--config", str(file)])
    content = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
    kept = content["ctcalign_average"]["weights"]
    assert content["ctcalign_average"]["updates"] == 4
    model = ctcalign.load_model(f"checkpoint:{tmp_path / 'run' / 'model.safetensors'}")
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, content["state_dict"][f"network.{name}"])
    assert any(not torch.equal(value, content["state_dict"][name]) for name, value in kept.items())
    # A training without the average has the same weights.
    fit(["--config", str(config(tmp_path / "plain", cuts, cuts, **options)), "--model.optimiser.ema", "null"])
    plain = torch.load(tmp_path / "plain" / "last.ckpt", weights_only=True)
    assert "ctcalign_average" not in plain
    for name, value in kept.items():
        assert torch.equal(value, plain["state_dict"][name])
    # The average was validated.
    cli = prepared(["--config", str(file), "--overwrite"])
    cli.model.load_state_dict(content["state_dict"])
    [again] = cli.trainer.validate(cli.model, cli.datamodule, verbose=False)
    logged = [row["val_loss"] for row in log_of(tmp_path / "run") if "val_loss" in row]
    assert again["val_loss"] == pytest.approx(logged[-1], rel=1e-5)


def test_a_strategy_that_divides_the_weights_is_refused():
    module = recogniser(optimiser={"ema": 0.9})

    class Divided:
        strategy = object()

    module._trainer = Divided()  # type: ignore[assignment]
    with pytest.raises(UsageError, match=r"optimiser\.ema: works on one device and with trainer.strategy ddp"):
        module.configure_callbacks()
