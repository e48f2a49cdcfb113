"""Options for the captions that are written: limits of subtitles, captions that are not spoken, division of a text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ctcalign.cli import commands

LONG = "Good evening and welcome to the harbour museum, where tonight we hear about the men of the lighthouse."
TALK = Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    path = tmp_path / "in.srt"
    path.write_text(f"1\n00:00:01,000 --> 00:00:09,000\n{LONG}\n")
    return path


@pytest.mark.parametrize("name", ["out.srt", "out.vtt", "out.ass"])
def test_convert_divides_long_captions(captions: Path, tmp_path: Path, name: str):
    out = tmp_path / name
    assert run("convert", captions, out, "--max-line-length", 30).exit_code == 0
    text = out.read_text()
    assert LONG not in text
    assert len(re.findall(r"-->|^Dialogue", text, re.M)) == 2


def test_limits_without_a_subtitle_output_are_an_error(captions: Path, tmp_path: Path):
    result = run("convert", captions, tmp_path / "out.json", "--max-cps", 17)
    assert result.exit_code == 2
    assert "no output is one" in result.output
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("option", [("--max-lines", "0"), ("--max-line-length", "x"), ("--max-cps", "-1")])
@pytest.mark.parametrize("command", ["convert", "align", "transcribe"])
def test_a_limit_that_is_none_is_a_usage_error(captions: Path, tmp_path: Path, command: str, option: tuple[str, str]):
    inputs = {"convert": [captions, tmp_path / "o.srt"], "align": [TALK, captions], "transcribe": [TALK]}[command]
    result = run(command, *inputs, *option)
    assert result.exit_code == 2
    assert option[0] in result.output


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first twelve seconds of the bundled talk."""
    import soundfile

    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    samples, rate = soundfile.read(TALK, stop=13 * soundfile.info(TALK).samplerate)
    soundfile.write(path, samples, rate)
    return path


SPOKEN = (
    "Good evening, and welcome to the harbour museum. Tonight we hear about a lighthouse that nearly went dark. "
    "Please welcome our guest, Thomas Reed."
)


@pytest.mark.parametrize(("split", "count"), [("none", 1), ("lines", 2), ("sentences", 3)])
def test_split(sound: Path, tmp_path: Path, split: str, count: int):
    text = tmp_path / "talk.txt"
    text.write_text(SPOKEN.replace("Tonight", "\nTonight"))
    out = tmp_path / "out.srt"
    assert run("align", sound, text, "-o", out, "--split", split).exit_code == 0
    assert out.read_text().count("-->") == count


def test_align_divides_with_the_times_of_the_words(sound: Path, tmp_path: Path):
    text = tmp_path / "talk.txt"
    text.write_text(SPOKEN + "\n")
    out = tmp_path / "out.srt"
    result = run("align", sound, text, "-o", out, "--split", "none", "--max-line-length", 30, "--max-lines", 2)
    assert result.exit_code == 0, result.output
    blocks = out.read_text().strip().split("\n\n")
    assert len(blocks) >= 3
    start = {re.split(r"\n", block)[2].split()[0]: block.split("\n")[1][:12] for block in blocks}
    assert start["Good"] < "00:00:05,000"
    assert "00:00:07,400" < start["Tonight"] < "00:00:08,000"  # after a pause of half a second


@pytest.mark.parametrize(("unspoken", "kept"), [("keep", True), ("drop", False)])
def test_unspoken(sound: Path, tmp_path: Path, unspoken: str, kept: bool):
    source = tmp_path / "in.srt"
    rows = [
        "00:00:01,000 --> 00:00:04,000\n[MUSIC]",
        "00:00:04,500 --> 00:00:07,200\nGood evening, and welcome to the harbour museum.",
        "00:00:07,600 --> 00:00:10,400\nTonight we hear about a lighthouse that nearly went dark.",
    ]
    source.write_text("\n\n".join(f"{number}\n{row}" for number, row in enumerate(rows, 1)) + "\n")
    aligned, document, converted = tmp_path / "out.srt", tmp_path / "out.json", tmp_path / "again.vtt"
    assert run("align", sound, source, "-o", aligned, "-o", document, "--unspoken", unspoken).exit_code == 0
    assert ("[MUSIC]" in aligned.read_text()) is kept
    assert "[MUSIC]" in document.read_text()
    assert run("convert", document, converted, "--unspoken", unspoken).exit_code == 0
    assert ("[MUSIC]" in converted.read_text()) is kept
