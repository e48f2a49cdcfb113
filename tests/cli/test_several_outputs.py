"""The outputs of one command appear together: if the last one cannot be written, the others are as they were."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.cli import commands
from ctcalign.cli.results import write_results
from ctcalign.errors import OutputError
from ctcalign.formats.writing import plan_outputs, write


def talk() -> Alignment:
    spoken = [AlignedWord(f"w{i}", i + 0.1, i + 0.9, -0.1, 0.9) for i in range(3)]
    cue = AlignedCue(0, "w0 w1 w2", 0.1, 2.9, score=-0.1, confidence=0.9, words=spoken)
    return Alignment("talk.wav", 3.0, "builtin:en", [cue])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two alignments and two older outputs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("in/a.json", "in/b.json"):
        write(talk(), name)
    for name in ("first.srt", "last.vtt"):
        (tmp_path / name).write_text("old")
    return tmp_path


@pytest.fixture
def full_disk(monkeypatch):
    """full_disk(n): no room for the n-th file."""
    real = os.fsync

    def install(number: int) -> None:
        count = 0

        def fsync(descriptor: int) -> None:
            nonlocal count
            count += stat.S_ISREG(os.fstat(descriptor).st_mode)
            if count == number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return install


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else b"" for p in sorted(folder.rglob("*"))}


def test_results_of_align_transcribe_and_search(folder, full_disk, capsysbinary):
    before = contents(folder)
    planned = [*plan_outputs(["-"], "srt"), *plan_outputs(["first.srt", "new.json", "last.vtt"], overwrite=True)]
    full_disk(3)
    with pytest.raises(OutputError, match=r"last\.vtt: cannot be written: No space left"):
        write_results(talk(), planned, quiet=True)
    assert contents(folder) == before
    assert capsysbinary.readouterr().out == b"", "printed although a file cannot be written"
    write_results(talk(), planned, quiet=True)
    assert capsysbinary.readouterr().out == (folder / "first.srt").read_bytes() != b"old"


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("convert in/a.json first.srt new.ctm last.vtt --overwrite", 3),
        ("convert in/a.json kaldi/ --to kaldi", 1),
        ("filter in/ -o kept/ --rejected rejected.jsonl", 3),
        ("filter in/ -o kept/deeper/", 2),
        ("filter in/ -o - --rejected rejected.jsonl", 1),
    ],
)
def test_commands(folder, full_disk, call, number):
    before = contents(folder)
    full_disk(number)
    result = CliRunner().invoke(commands, call.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert "cannot be written: No space left on device; nothing was changed there" in result.stderr
    assert result.stderr.count("error") == 1
    assert contents(folder) == before


def test_a_calibration_and_its_picture(folder, full_disk, monkeypatch):
    from types import SimpleNamespace

    from ctcalign.calibration import run
    from ctcalign.cli.calibrate import _fit
    from ctcalign.files import atomic_write
    from ctcalign.report.pictures import calibration as pictures

    found = SimpleNamespace(calibration=SimpleNamespace(to_dict=dict), reliability=None, warnings=[])

    def draw(reliability, plot, overwrite):
        with atomic_write(plot) as stream:
            stream.write("picture")

    monkeypatch.setattr(run, "calibrate", lambda *args: found)
    monkeypatch.setattr(pictures, "draw_calibration", draw)
    before = contents(folder)
    given = ([], None, "en", "cpu", 1, Path("first.srt"), Path("plot.png"))
    full_disk(2)
    with pytest.raises(OutputError, match=r"plot\.png"):
        _fit(*given, overwrite=True, quiet=True)
    assert contents(folder) == before
    _fit(*given, overwrite=True, quiet=True)
    assert json.loads((folder / "first.srt").read_text()) == {}
    assert (folder / "plot.png").read_text() == "picture"
