"""`ctcalign review` as a user calls it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from tests.review.conftest import alignment_of, cue, write_tone


def run(*arguments):
    return CliRunner().invoke(commands, ["review", *map(str, arguments)])


@pytest.fixture
def alignment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tone(tmp_path / "talk.wav")
    alignment_of(cue(0, "one", 1.0)).to_json(tmp_path / "talk.json")
    return tmp_path / "talk.json"


def test_the_page_has_the_name_of_the_alignment(alignment, tmp_path):
    result = run("talk.json", "--audio", "talk.wav", "--spectrogram", "--max-line-length", "10")
    assert result.exit_code == 0, result.output
    assert result.stderr == "ctcalign: wrote talk.html\n"
    page = (tmp_path / "talk.html").read_text(encoding="utf-8")
    assert "data-tile" in page
    assert '"limits":{"cps":20.0,"line":10,"lines":null}' in page


def test_an_embedded_recording_is_part_of_the_page(alignment, tmp_path):
    run("talk.json", "--audio", "talk.wav", "-o", "a.html")
    run("talk.json", "--audio", "talk.wav", "-o", "b.html", "--embed")
    assert (tmp_path / "b.html").stat().st_size > (tmp_path / "a.html").stat().st_size + 20_000


def test_a_missing_recording_is_a_warning(alignment):
    result = run("talk.json")
    assert result.exit_code == 0
    assert "warning: no recording" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["none.json"], 1, "none.json: cannot be read: No such file or directory"),
        (["talk.json", "--audio", "none.wav"], 1, "none.wav: no such file"),
        (["talk.json", "--audio", "talk.wav", "--channel", "3"], 2, "has 1 channel (0), got 3"),
        (["talk.json", "--channel", "all"], 2, "a page shows one waveform"),
        (["talk.json", "--max-cps", "0"], 2, "--max-cps"),
        (["talk.json", "-o", "none/page.html"], 1, "there is no folder"),
    ],
)
def test_wrong_input_is_one_line(alignment, arguments, status, message):
    result = CliRunner().invoke(commands, ["review", *arguments])
    assert result.exit_code == status
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_page_is_replaced_with_overwrite_alone(alignment):
    assert run("talk.json", "--audio", "talk.wav").exit_code == 0
    result = run("talk.json", "--audio", "talk.wav")
    assert result.exit_code == 2
    assert "give --overwrite" in result.stderr
    assert run("talk.json", "--audio", "talk.wav", "--overwrite").exit_code == 0
