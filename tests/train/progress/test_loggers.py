"""Default loggers, and what the progress bar shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytorch_lightning as pl

from ctcalign.train.progress import loggers
from ctcalign.train.run import prepared
from tests.train.tones import config, make_cuts


def trained(folder: Path, steps: int) -> pl.Trainer:
    """The trainer after some epochs of one step, each with a validation."""
    cuts = make_cuts(folder / "cuts", 4)
    data = {"train": str(cuts), "max_duration": 100, "buckets": 1, "workers": 0}
    cli = prepared(["--config", str(config(folder / "run", cuts, cuts, data=data, trainer={"max_steps": steps}))])
    cli.trainer.fit(cli.model, cli.datamodule)
    return cli.trainer


def test_csv_alone_without_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setattr(loggers, "find_spec", lambda name: None)
    trainer = prepared(["--config", str(config(tmp_path, make_cuts(tmp_path / "cuts", 2)))]).trainer
    assert [type(one).__name__ for one in trainer.loggers] == ["CSVLogger"]


def test_tensorboard_beside_it(tmp_path):
    pytest.importorskip("tensorboard", reason="comes with the extra tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained(tmp_path, 3)
    folder = tmp_path / "run" / "log" / "version_0"
    assert (folder / "metrics.csv").is_file()
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [one.step for one in events.Scalars("loss")] == [0, 1, 2]
    assert {"rate", "val_wer", "speed/step"} <= set(events.Tags()["scalars"])


def test_the_progress_bar_shows_loss_and_wer(tmp_path):
    assert set(trained(tmp_path, 2).progress_bar_metrics) == {"loss", "val_wer"}
