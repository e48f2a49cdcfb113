"""FSDP by configuration on two processes: the training of one process, and its checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import ctcalign
from ctcalign.errors import UsageError
from ctcalign.train.run import fit, prepared
from tests.train.tones import config, log_of, make_cuts
from tests.train.two_processes import fit_alone_and_together

# Writes how many numbers of how many the process holds after the network was sharded.
RECORDER = """
import os, sys
from ctcalign.train import base
shard = base.shard
def recorded(network, mesh):
    shard(network, mesh)
    parameters = list(network.parameters())
    own = sum(one.to_local().numel() for one in parameters)
    with open(sys.argv[1] + "/part." + os.environ["LOCAL_RANK"], "w") as file:
        file.write(f"{own} {sum(one.numel() for one in parameters)}")
base.shard = recorded
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    """Folders: 12 steps on one process, 7 then 12 steps on two, and 7 on one that are continued on two."""
    root = tmp_path_factory.mktemp("sharding")
    cuts, validation = make_cuts(root / "train", 23), make_cuts(root / "validation", 3, seed=1)

    def configured(name: str, steps: int, processes: int) -> Path:
        trainer: dict[str, Any] = {"max_steps": steps, "val_check_interval": 4, "check_val_every_n_epoch": None}
        trainer |= {"devices": processes, "strategy": "fsdp" if processes > 1 else "auto", "accumulate_grad_batches": 2}
        data = {"train": str(cuts), "max_duration": 3, "workers": 0}
        return config(root / name, cuts, validation, data=data, trainer=trainer).parent

    folders = {"one": configured("one", 12, 1), "two": configured("two", 7, 2), "back": configured("back", 7, 1)}
    fit(["--config", str(folders["back"] / "train.yaml")])
    configured("back", 12, 2)
    fit_alone_and_together([folders["one"]], [folders["two"], folders["back"]], RECORDER, resume=True)
    return folders


def continued(folder: Path) -> Path:
    """The rest of the training on one process."""
    trainer = ["--trainer.max_steps", "12", "--trainer.devices", "1", "--trainer.strategy", "auto"]
    fit(["--config", str(folder / "train.yaml"), "--resume", "last", *trainer])
    return folder


def assert_close(one: Any, other: Any) -> None:
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


def test_a_sharded_training_is_that_of_one_process(runs):
    """Losses, error rates of validation, then weights and the state of AdamW; each process has half of them."""
    parts = [[int(n) for n in (runs["two"] / f"part.{rank}").read_text().split()] for rank in range(2)]
    assert sum(own for own, _ in parts) == parts[0][1]
    assert max(own for own, _ in parts) < 0.6 * parts[0][1]
    one, two = (log_of(runs[name]) for name in ("one", "two"))
    assert sum("val_wer" in row for row in two) == 3
    for first, second in zip(one, two, strict=False):
        assert first == pytest.approx(second, abs=1e-3)
    whole, back = (torch.load(runs[name] / "last.ckpt", weights_only=True) for name in ("one", "back"))
    assert back["global_step"] == 12
    for name, value in whole["state_dict"].items():
        assert_close(back["state_dict"][name], value)
    for number, state in whole["optimizer_states"][0]["state"].items():
        for name, value in state.items():
            assert_close(back["optimizer_states"][0]["state"][number][name], value)


def test_one_process_continues_its_checkpoint_and_the_model_is_the_same(runs):
    continued(runs["two"])
    whole, rest = (torch.load(runs[name] / "last.ckpt", weights_only=True) for name in ("one", "two"))
    for name, value in whole["state_dict"].items():
        assert_close(rest["state_dict"][name], value)
    noise = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0)) * 0.1
    outputs = [ctcalign.load_model(f"checkpoint:{runs[name] / 'model.safetensors'}") for name in ("one", "back")]
    assert_close(*(torch.as_tensor(model(noise, torch.tensor([16_000]))[0]) for model in outputs))


def test_it_is_for_recognisers(tmp_path):
    file = tmp_path / "text.yaml"
    model = {"model": "none", "loss": {"name": "simpo"}}
    trainer = {"strategy": "fsdp", "max_steps": 1}
    file.write_text(json.dumps({"task": "text_preference", "model": model, "trainer": trainer}))
    with pytest.raises(UsageError, match=r"trainer.strategy: fsdp is for the task ctc, got text_preference; use ddp"):
        prepared(["--config", str(file)])
