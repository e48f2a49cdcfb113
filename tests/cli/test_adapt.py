"""Options of `ctcalign align --adapt`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

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
    assert "warning: adapt: the model was not adapted: too few sure cues (" in result.output
    assert out.is_file()
