"""Processes that others start: torchrun, and Slurm by the variables that it sets."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import torch

from ctcalign.train.run import fit
from tests.train.tones import config, make_cuts
from tests.train.two_processes import free_port
from tests.warm_python import warm_python


def variables(**more: str) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", **more}


def slurm(rank: int, port: int) -> dict[str, str]:
    """What srun sets for two tasks on one machine."""
    return variables(
        SLURM_NTASKS="2",
        SLURM_NTASKS_PER_NODE="2",
        SLURM_NNODES="1",
        SLURM_JOB_ID="4711",
        SLURM_JOB_NAME="fit",
        SLURM_NODELIST="localhost",
        SLURM_PROCID=str(rank),
        SLURM_LOCALID=str(rank),
        SLURM_NODEID="0",
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    """Folders of the same training on one process and by both launchers."""
    root = tmp_path_factory.mktemp("launchers")
    cuts = make_cuts(root / "train", 9)
    folders = {}
    for name in ("one", "torchrun", "slurm"):
        trainer = {"max_steps": 4} | ({} if name == "one" else {"devices": 2, "strategy": "ddp"})
        folders[name] = config(root / name, cuts, cuts, trainer=trainer).parent
    options = ["-m", "ctcalign", "fit", "--config"]
    launcher = [warm_python() / "python", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    port = free_port()
    commands = [([*launcher, *options, str(folders["torchrun"] / "train.yaml")], variables())]
    one = [warm_python() / "python", *options, str(folders["slurm"] / "train.yaml")]
    commands += [(one, slurm(rank, port)) for rank in range(2)]
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command, environment in commands
    ]
    fit(["--config", str(folders["one"] / "train.yaml")])
    outputs = [process.communicate(timeout=250) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], "\n".join(error for _, error in outputs)
    # The first process alone names the model.
    assert outputs[0][0].split() == [str(folders["torchrun"] / "model.safetensors")]
    assert outputs[1][0].split() == [str(folders["slurm"] / "model.safetensors")]
    assert outputs[2][0] == ""
    return folders


@pytest.mark.parametrize("launcher", ["torchrun", "slurm"])
def test_two_processes_train_together(launcher, runs):
    one, two = (torch.load(runs[name] / "last.ckpt", weights_only=True) for name in ("one", launcher))
    assert one["CutsDataModule"] == two["CutsDataModule"]
    for key, value in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][key], value, atol=1e-4, rtol=1e-3)
    assert (runs[launcher] / "curves.png").is_file()
    assert [path.name for path in (runs[launcher] / "log").iterdir()] == ["version_0"]
