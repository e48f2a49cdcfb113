"""Speed of a training: what counts as which stage, and the columns of the log."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from lhotse import CutSet

from ctcalign.train.progress import speed as module
from ctcalign.train.progress.speed import Speed
from ctcalign.train.run import fit
from tests.train.tones import config, make_cuts

CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


def passed(speed: Speed, clock: list[float], action: str, seconds: float) -> None:
    with speed.profile(action):
        clock[0] += seconds


def step(speed: Speed, clock: list[float], audio: float) -> None:
    passed(speed, clock, "[_TrainingEpochLoop].train_dataloader_next", 1.0)
    with speed.profile("run_training_batch"):
        with speed.profile("[Strategy]DDPStrategy.training_step"):
            speed.add_audio(audio)
            clock[0] += 2.0
        clock[0] += 4.0
    passed(speed, clock, "[Strategy]DDPStrategy.validation_step", 100.0)
    passed(speed, clock, "save_checkpoint", 100.0)


def test_stages_add_up_and_validation_does_not_count(clock):
    speed = Speed()
    assert speed.row(CPU) == {}
    step(speed, clock, 70)
    step(speed, clock, 98)
    row = speed.row(CPU)
    assert row.pop("speed/memory_gb") > 0.05
    times = {"speed/step": 7.0, "speed/waiting": 1.0, "speed/forward": 2.0, "speed/backward": 4.0}
    assert row == pytest.approx({**times, "speed/audio_hours_per_minute": (70 + 98) / 3600 / (14 / 60)})
    assert speed.row(CPU) == {}  # since the last call


def test_a_row_within_a_step_is_of_the_steps_before(clock):
    """The log is written in the forward pass; the audio of the step counts when the step has ended."""
    speed = Speed()
    step(speed, clock, 7)
    with speed.profile("run_training_batch"):
        speed.add_audio(700)
        assert speed.row(CPU)["speed/audio_hours_per_minute"] == pytest.approx(7 / 3600 / (7 / 60))
        clock[0] += 6.0
    assert speed.row(CPU)["speed/audio_hours_per_minute"] == pytest.approx(700 / 3600 / (6 / 60))


def test_text_has_no_audio(clock):
    speed = Speed()
    step(speed, clock, 0.0)
    assert "speed/audio_hours_per_minute" not in speed.row(CPU)


def test_the_columns_of_a_training(tmp_path):
    cuts = make_cuts(tmp_path / "cuts", 8)
    data = {"train": str(cuts), "max_duration": 100, "workers": 0, "buckets": 1}
    fit(["--config", str(config(tmp_path / "run", cuts, data=data, trainer={"max_steps": 4}))])
    with (tmp_path / "run" / "log" / "version_0" / "metrics.csv").open(encoding="utf-8") as file:
        first, *rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
    assert not any(name.startswith("speed/") for name in first)
    audio = sum(cut.duration for cut in CutSet.from_file(cuts))  # an epoch is one step
    assert len(rows) == 3
    for row in rows:
        stages = sum(row[f"speed/{name}"] for name in ("waiting", "forward", "backward"))
        assert row["speed/step"] == pytest.approx(stages)
        assert min(row[f"speed/{name}"] for name in ("waiting", "forward", "backward")) > 0
        assert row["speed/audio_hours_per_minute"] == pytest.approx(audio / 3600 / (row["speed/step"] / 60))


def test_a_profiler_of_the_user_is_kept(tmp_path):
    cuts = make_cuts(tmp_path / "cuts", 4)
    trainer = {"max_steps": 3, "profiler": "simple"}
    fit(["--config", str(config(tmp_path / "run", Path(cuts), trainer=trainer))])
    header = (tmp_path / "run" / "log" / "version_0" / "metrics.csv").read_text().splitlines()[0]
    assert "rate" in header
    assert "speed/" not in header
