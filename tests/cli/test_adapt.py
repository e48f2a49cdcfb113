"""Options of `ctcalign align --adapt`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ctcalign.aligner.adaptation import training
from ctcalign.cli import commands

DEMO = Path(__file__).parents[2] / "egs" / "demo"


def run(*arguments: str | Path | int) -> Result:
    given = [DEMO / "talk.ogg", DEMO / "talk.srt", *arguments]
    return CliRunner().invoke(commands, ["align", *map(str, given)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--save-adapted", "x.safetensors"], "--save-adapted needs --adapt and one recording"),
        (["--adapt", "1", "--save-adapted", "x", "--captions-dir", str(DEMO)], "--save-adapted needs --adapt and one"),
        (["--adapt", "1", "--adapt-together"], "--adapt-together needs --adapt and --captions-dir"),
        (["--adapt-together", "--captions-dir", str(DEMO)], "--adapt-together needs --adapt and --captions-dir"),
        (["--adapt", "-1"], "'--adapt'"),
        (["--adapt", "some"], "'--adapt'"),
        (["--adapt", "1", "--seed", "-1"], "'--seed'"),
    ],
)
def test_wrong_options_are_a_usage_error(arguments, message):
    result = run(*arguments)
    assert (result.exit_code, message in result.output) == (2, True)


def test_a_recording_that_is_not_adapted_to_says_so(tmp_path):
    (tmp_path / "short.txt").write_text("Good evening, and welcome to the harbour museum.\n")
    out = tmp_path / "out.json"
    arguments = ["align", str(DEMO / "talk.ogg"), str(tmp_path / "short.txt"), "--adapt", "1", "-o", str(out)]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    assert "warning: adapt: the model was not adapted: too few cues placed with certainty (" in result.output
    assert out.is_file()


def test_recordings_of_one_speaker_are_adapted_to_together(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "STEPS", 2)
    for name in ("a", "b"):
        (tmp_path / f"{name}.ogg").symlink_to(DEMO / "talk.ogg")
        (tmp_path / f"{name}.srt").write_bytes((DEMO / "talk.srt").read_bytes())
    (tmp_path / "bad.ogg").write_bytes(b"no sound")
    (tmp_path / "bad.srt").write_bytes((DEMO / "talk.srt").read_bytes())
    recordings = [str(tmp_path / f"{name}.ogg") for name in ("a", "bad", "b")]
    options = ["--captions-dir", str(tmp_path), "-o", str(tmp_path / "out"), "--model", "builtin:en"]
    options += ["--adapt", "1", "--adapt-together"]
    result = CliRunner().invoke(commands, ["align", *recordings, *options])
    assert result.exit_code == 1, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "b.json"]
    lines = result.stderr.splitlines()
    assert sum(line.startswith("ctcalign: error: ") and "bad.ogg" in line for line in lines) == 1
    notices = [line for line in lines if "warning" in line and "adapt: " in line]
    assert len(notices) == 2
    assert notices[0].partition("adapt: ")[2] == notices[1].partition("adapt: ")[2]
    assert "2 of 3 recordings" in lines[-1]
