"""`ctcalign plot` on an output folder of `align-corpus`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.formats.aligned_folder import corpus


def plot(*arguments):
    return CliRunner().invoke(commands, ["plot", *map(str, arguments)])


def test_a_picture_of_each_recording(tmp_path):
    root = corpus(tmp_path / "aligned", 3, sound=True)
    (tmp_path / "sound" / "talk1.wav").unlink()
    done = plot(root, "-o", tmp_path / "pictures")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[:1] == [
        f"ctcalign: error: a/talk1: its recording {tmp_path}/sound/talk1.wav was not found"
    ]
    assert "drew 2 of 3 recordings" in done.stderr
    pictures = sorted((tmp_path / "pictures").rglob("*.*"))
    assert [path.relative_to(tmp_path / "pictures").as_posix() for path in pictures] == ["a/talk0.png", "a/talk2.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    again = plot(root, "-o", tmp_path / "pictures")
    assert again.exit_code == 1
    assert "a/talk0: " in again.stderr
    assert "exists" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("aligned",), "--output is missing; name a folder"),
        (("other", "-o", "pictures"), "ALIGNMENT is missing; other alone is not an output folder of align-corpus"),
        (("aligned", "-o", "aligned/corpus.json"), "aligned/corpus.json is a file, expected a folder"),
    ],
)
def test_calls_that_do_not_fit(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path / "aligned", 1)
    done = plot(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
