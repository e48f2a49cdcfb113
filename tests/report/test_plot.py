"""Pictures: what is drawn where, which part of a recording is read, and what is refused."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from click.testing import CliRunner

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.report.pictures.alignment import Heat, Stretch, plot_alignment
from ctcalign.report.pictures.draw import draw, hear, read_stretch
from ctcalign.report.pictures.figure import save_figure
from ctcalign.text.vocabulary import Vocabulary

RATE = 16_000


def alignment() -> Alignment:
    token = AlignedToken("h", 1.0, 1.1, -0.1)
    word = AlignedWord("hello,", 1.0, 1.5, -0.1, 0.9, tokens=[token])
    price = AlignedWord("$5_x^2", 1.6, 1.9, -0.5, 0.1)
    cues = [
        AlignedCue(0, "hello, $5_x^2", 1.0, 1.9, words=[word, price]),
        AlignedCue(1, "[MUSIC]", 2.0, 3.0, "not_spoken"),
        AlignedCue(2, "nowhere", status="failed", reason="not found"),
    ]
    return Alignment("talk.wav", 4.0, "builtin:en", cues, unwritten=[(3.2, 3.8)])


def texts(figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def stretch(start: float = 0.0, seconds: float = 4.0) -> Stretch:
    samples = np.sin(np.arange(round(seconds * RATE)) / 10).astype(np.float32)
    return Stretch(samples, RATE, start)


def test_words_and_captions_stand_at_their_times():
    figure = plot_alignment(alignment(), stretch())
    assert len(figure.axes) == 2
    rows = {text.get_text(): text.get_position()[0] for text in figure.axes[1].texts}
    assert rows["hello,"] == pytest.approx(1.25)
    assert rows["[MUSIC]"] == pytest.approx(2.5)
    assert "nowhere" not in rows
    assert "1 of 3 captions not placed" in figure.texts[0].get_text()


def test_a_dollar_is_no_formula():
    figure = plot_alignment(alignment(), stretch())
    stream = io.BytesIO()
    save_figure(figure, stream, "svg")
    root = ElementTree.fromstring(stream.getvalue())
    assert "$5_x^2" in [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_rows_follow_the_length_and_an_item_across_two_rows_is_in_both():
    figure = plot_alignment(alignment(), stretch(), row_seconds=1.25)
    assert len(figure.axes) == 2 * 4
    assert "hello," in [text.get_text() for text in figure.axes[1].texts]
    assert "hello," in [text.get_text() for text in figure.axes[3].texts]


def test_the_emission_shows_its_symbols_and_the_path():
    probabilities = np.full((40, 3), 0.1, np.float32)
    figure = plot_alignment(alignment(), stretch(), Heat(probabilities, ("-", "h", "x"), 0.1, 0.0))
    heat = figure.axes[1]
    assert [label.get_text() for label in heat.get_yticklabels()] == ["-", "h", "x"]
    (line,) = heat.lines
    assert line.get_xydata().tolist() == [[1.0, 1.0], [1.1, 1.0]]


def test_a_large_vocabulary_is_cut_to_what_the_model_is_sure_of():
    probabilities = np.full((10, 500), 1e-3, np.float32)
    probabilities[3, 123] = 0.9
    symbols = tuple(f"s{i}" for i in range(500))
    labels = [
        label.get_text()
        for label in plot_alignment(alignment(), stretch(), Heat(probabilities, symbols, 0.1, 0.0))
        .axes[1]
        .get_yticklabels()
    ]
    assert len(labels) == 40
    assert "s123" in labels


@pytest.mark.parametrize(("row", "words"), [(0.0, "expected more than 0"), (0.1, "more than 30")])
def test_a_picture_that_nobody_can_read_is_refused(row, words):
    with pytest.raises(UsageError, match=words):
        plot_alignment(alignment(), stretch(), row_seconds=row)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    sf.write(path, np.linspace(-0.9, 0.9, 25 * RATE).astype(np.float32), RATE, subtype="FLOAT")
    return path


@pytest.mark.parametrize(("start", "end"), [(0.0, None), (3.0, 7.5), (9.5, 20.25), (24.0, 90.0)])
def test_a_stretch_holds_exactly_its_samples(talk, start, end):
    whole, _ = sf.read(talk, dtype="float32")
    part, warnings = read_stretch(talk, start, end, RATE, "mix")
    assert warnings == []
    assert part.start == start
    np.testing.assert_array_equal(part.samples, whole[round(start * RATE) : None if end is None else round(end * RATE)])


@pytest.mark.parametrize(("start", "end"), [(-1.0, None), (5.0, 5.0), (26.0, None)])
def test_a_stretch_outside_of_the_recording_is_refused(talk, start, end):
    with pytest.raises(UsageError, match="start"):
        read_stretch(talk, start, end, RATE, "mix")


class Loudness:
    """A model of two symbols: the second is as likely as the frame's mean sample, moved to [0, 1]."""

    name, frame_shift, sample_rate, context, spike_delay, language, licence = (
        "loudness",
        0.1,
        RATE,
        0.0,
        0.0,
        None,
        "CC0",
    )
    vocabulary = Vocabulary(("-", "x"))

    def __call__(self, waveform, lengths):
        frames = waveform[:, : waveform.shape[1] // 1600 * 1600].reshape(len(waveform), -1, 1600).mean(-1)
        likely = (frames + 1) / 2
        return torch.stack([1 - likely, likely], -1).log(), lengths // 1600


@pytest.mark.parametrize("start", [0.0, 8.0])
def test_the_emission_of_a_stretch_lies_where_it_was_heard(talk, start):
    part, _ = read_stretch(talk, start, start + 10, RATE, "mix")
    heat = hear(Loudness(), talk, part, "mix")
    assert heat.start == pytest.approx(start)
    assert heat.probabilities.shape == (100, 2)
    assert heat.symbols == ("∅", "x")
    np.testing.assert_allclose(heat.probabilities[:, 1] * 2 - 1, part.samples.reshape(-1, 1600).mean(1), atol=2e-3)


def test_a_picture_is_written_whole_or_not_at_all(talk, tmp_path):
    output = tmp_path / "talk.png"
    assert draw(talk, alignment(), output, end=4.0) == []
    assert output.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="there already"):
        draw(talk, alignment(), output)
    with pytest.raises(UsageError, match=r"more than 30"):
        draw(talk, alignment(), tmp_path / "other.png", row_seconds=0.1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.png", "talk.wav"]


def test_the_command_draws_captions_of_any_format(talk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n", encoding="utf-8")
    result = CliRunner().invoke(commands, ["plot", "talk.wav", "talk.srt", "--end", "4", "-o", "talk.svg"])
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert result.stderr == "ctcalign: wrote talk.svg\n"
    assert ">Hello<" in (tmp_path / "talk.svg").read_text(encoding="utf-8")


def test_the_command_refuses_an_unknown_picture_format(talk):
    result = CliRunner().invoke(commands, ["plot", str(talk), "talk.srt", "-o", "talk.gif"])
    assert result.exit_code == 2
    assert (
        result.stderr
        == "ctcalign: error: talk.gif: no picture format has this extension, expected .png, .svg or .pdf\n"
    )
