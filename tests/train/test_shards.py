"""Trainings on a Shar folder: each process opens its own shards alone, and the updates are those of one process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from ctcalign.train.run import fit
from tests.train.tones import config, make_cuts
from tests.train.two_processes import fit_alone_and_together

# Writes the name of every shard that the process opens to a file.
RECORDER = """
import os, sys
def record(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
        name = os.path.basename(os.fsdecode(arguments[0]))
        if name.startswith(("cuts.0", "recording.0")):
            os.write(record.file, (name + "\\n").encode())
record.file = os.open(sys.argv[1] + "/opened." + os.environ["LOCAL_RANK"], os.O_WRONLY | os.O_CREAT)
sys.addaudithook(record)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    """Folders of the trainings: on one process, on two, and on two that stop."""
    from lhotse import CutSet

    root = tmp_path_factory.mktemp("shards")
    shar = root / "shar"
    shar.mkdir()
    cuts = CutSet.from_file(make_cuts(root / "train", 29))
    cuts.to_shar(shar, fields={"recording": "flac"}, shard_size=8)
    folders = {name: root / name for name in ("one", "two", "stopped")}
    for name, folder in folders.items():
        config(
            folder,
            shar,
            data={
                "train": str(shar),
                "max_duration": 6,
                "streams": 2 if name == "one" else None,
                "workers": 1,
                "augmentation": {"speeds": [0.9, 1.0, 1.1], "spec_augment": {}},
            },
            trainer={
                "max_steps": 7 if name == "stopped" else 12,
                "devices": 1 if name == "one" else 2,
                "strategy": "auto" if name == "one" else "ddp",
            },
        )
    fit_alone_and_together([folders["one"]], [folders["two"], folders["stopped"]], RECORDER)
    return folders


def test_each_process_opens_its_own_shards_alone(runs):
    for rank, own in enumerate((("000000", "000002"), ("000001", "000003"))):
        opened = (runs["two"] / f"opened.{rank}").read_text().split()
        assert {name.split(".")[1] for name in opened} == set(own)
        assert sum(name.startswith("recording") for name in opened) >= 2 * len(own)  # in each of two epochs


def assert_same(first: Path, second: Path) -> None:
    one, two = (torch.load(folder / "last.ckpt", weights_only=True) for folder in (first, second))
    assert one["CutsDataModule"] == two["CutsDataModule"]
    assert one["CutsDataModule"]["streams"] == 2
    assert one["CutsDataModule"]["epoch"] >= 1
    for key, value in one["state_dict"].items():
        torch.testing.assert_close(two["state_dict"][key], value, atol=1e-4, rtol=1e-3)


def test_two_processes_are_one_with_as_many_streams(runs):
    assert_same(runs["one"], runs["two"])


def test_a_training_goes_on_with_another_number_of_processes(runs):
    """One process keeps the two streams of the checkpoint."""
    options = ["--config", str(runs["stopped"] / "train.yaml"), "--resume", "last", "--trainer.max_steps", "12"]
    fit([*options, "--trainer.devices", "1", "--trainer.strategy", "auto"])
    assert_same(runs["one"], runs["stopped"])


def test_accumulated_steps_are_one_large_step(runs, tmp_path):
    shutil.copy(runs["one"] / "train.yaml", tmp_path)
    options = ["--data.max_duration", "3", "--trainer.accumulate_grad_batches", "2"]
    options += ["--trainer.default_root_dir", str(tmp_path)]
    fit(["--config", str(tmp_path / "train.yaml"), *options])
    assert_same(runs["one"], tmp_path)
