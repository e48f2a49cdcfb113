"""Learning curves: the rows of all starts, and the picture."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ctcalign.train.progress import curves
from ctcalign.train.progress.curves import draw_curves, logged_rows
from ctcalign.train.run import fit
from tests.train.tones import config, make_cuts


def written(folder: Path, version: int, text: str) -> None:
    (folder / f"version_{version}").mkdir(parents=True)
    (folder / f"version_{version}" / "metrics.csv").write_text(text)


def test_a_later_start_replaces_what_comes_after_its_first_step(tmp_path):
    written(tmp_path, 2, "loss,step,val_wer\n3,2,\n2,3,\n,3,0.5\n")
    written(tmp_path, 10, "loss,step\n1,3\n0.5,4\n")
    (tmp_path / "version_3").mkdir()
    (tmp_path / "version_own").mkdir()
    found = logged_rows(tmp_path)
    assert found == [{"loss": 3, "step": 2}, {"loss": 1, "step": 3}, {"loss": 0.5, "step": 4}]
    written(tmp_path, 11, "loss,step\n9,0\n")  # a new training in the folder
    assert logged_rows(tmp_path) == [{"loss": 9, "step": 0}]


@pytest.fixture
def figures(monkeypatch) -> list[Figure]:
    """The figures that were saved."""
    found: list[Figure] = []
    save = Figure.savefig

    def saved(self: Figure, *arguments: object, **options: object) -> None:
        found.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", saved)
    return found


def lines(figure: Figure) -> dict[str, dict[str, list[tuple[float, float]]]]:
    return {
        axis.get_ylabel(): {
            line.get_label(): list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axis.get_lines()
        }
        for axis in figure.axes
    }


def test_the_panels_are_those_with_values(tmp_path, figures):
    rows = [{"step": 0.0, "loss": 5.0, "rate": 0.1}, {"step": 1.0, "loss": 4.0}, {"step": 1.0, "val_wer": 0.5}]
    draw_curves(rows, tmp_path / "c.png")
    drawn = lines(figures[0])
    assert list(drawn) == ["loss", "error rate", "learning rate"]
    assert drawn["loss"] == {"training": [(0, 5), (1, 4)]}
    assert drawn["error rate"] == {"WER": [(1, 0.5)]}
    draw_curves([{"step": 3.0, "val_loss": 1.0}], tmp_path / "c.png")
    assert lines(figures[1]) == {"loss": {"validation": [(3, 1)]}}
    head = (tmp_path / "c.png").read_bytes()[:24]
    width, height = struct.unpack(">II", head[16:24])
    assert head.startswith(b"\x89PNG")
    assert (width, height) == (960, 312)


def test_many_losses_are_smoothed(tmp_path, figures):
    rows = [{"step": float(n), "loss": float(n % 2)} for n in range(1000)]
    draw_curves(rows, tmp_path / "c.png")
    drawn = lines(figures[0])["loss"]
    assert len(drawn["training"]) == 50
    assert {value for _, value in drawn["training"]} == {0.5}
    assert drawn["training"][0][0] == 9.5


def test_fit_draws_them_also_after_a_stop(tmp_path, monkeypatch):
    drawn: list[int] = []
    monkeypatch.setattr(curves, "draw_curves", lambda rows, path: drawn.append(sum("loss" in row for row in rows)))
    cuts = make_cuts(tmp_path / "cuts", 4)
    file = config(tmp_path / "run", cuts, cuts, trainer={"max_steps": 3})
    fit(["--config", str(file)])
    fit(["--config", str(file), "--resume", "last", "--trainer.max_steps", "5"])
    assert drawn == [3, 5]
    monkeypatch.undo()
    fit(["--config", str(file), "--resume", "last", "--trainer.max_steps", "6"])
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_csv_log_there_is_no_picture(tmp_path):
    cuts = make_cuts(tmp_path / "cuts", 4)
    fit(["--config", str(config(tmp_path / "run", cuts, trainer={"max_steps": 1, "logger": False}))])
    assert not (tmp_path / "run" / "curves.png").exists()
