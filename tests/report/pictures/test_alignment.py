"""Pictures of alignments: what is drawn where, and what is refused."""

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from click.testing import CliRunner

from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.cli import commands
from ctcalign.errors import UsageError
from ctcalign.report.pictures.alignment import draw_alignment, plot_alignment
from ctcalign.report.pictures.figure import save_figure
from ctcalign.report.pictures.recording import EmissionImage, Excerpt

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


def excerpt(start: float = 0.0, seconds: float = 4.0) -> Excerpt:
    samples = np.sin(np.arange(round(seconds * RATE)) / 10).astype(np.float32)
    return Excerpt(samples, RATE, start)


def test_words_and_captions_stand_at_their_times():
    figure = plot_alignment(alignment(), excerpt())
    assert len(figure.axes) == 3
    rows = {text.get_text(): text.get_position()[0] for text in figure.axes[2].texts}
    assert rows["hello,"] == pytest.approx(1.25)
    assert rows["[MUSIC]"] == pytest.approx(2.5)
    assert "nowhere" not in rows
    assert "1 of 3 captions not placed" in figure.texts[0].get_text()


@pytest.mark.parametrize("end", [1.55, 3.1, 3.5])
def test_nothing_is_drawn_after_the_end_of_the_part(end):
    """A row may be longer than what is left to draw."""
    figure = plot_alignment(alignment(), excerpt(0.0, end), row_seconds=2.0)
    shown = texts(figure)
    assert ("$5_x^2" in shown) == (end > 1.6)
    assert ("[MUSIC]" in shown) == (end > 2.0)
    edges = [ax.transData.inverted().transform(patch.get_extents())[1, 0] for ax in figure.axes for patch in ax.patches]
    assert max(edges) <= end + 1e-6


def test_a_dollar_is_no_formula():
    figure = plot_alignment(alignment(), excerpt())
    stream = io.BytesIO()
    save_figure(figure, stream, "svg")
    root = ElementTree.fromstring(stream.getvalue())
    assert "$5_x^2" in [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_rows_follow_the_length_and_an_item_across_two_rows_is_in_both():
    figure = plot_alignment(alignment(), excerpt(), row_seconds=1.25)
    assert len(figure.axes) == 3 * 4
    assert "hello," in [text.get_text() for text in figure.axes[2].texts]
    assert "hello," in [text.get_text() for text in figure.axes[5].texts]


def test_the_spectrogram_of_a_row_covers_its_time():
    figure = plot_alignment(alignment(), excerpt(1.0), row_seconds=2.5)
    for axes, left, right in ((figure.axes[1], 1.0, 3.5), (figure.axes[4], 3.5, 5.0)):
        (mesh,) = axes.collections
        times = mesh.get_coordinates()[0, :, 0]
        assert (times[0], times[-1]) == pytest.approx((left, right), abs=0.01)
        assert axes.get_xlim() == (left, left + 2.5)
        assert [label.get_text() for label in axes.get_yticklabels()] == ["1 kHz", "2 kHz", "4 kHz"]


def test_a_tone_lies_at_its_frequency_and_its_time():
    """2 kHz from 1 to 2 s: the brightest band of these columns spans it, and those around it are silent."""
    samples = np.zeros(3 * RATE, np.float32)
    samples[RATE : 2 * RATE] = np.sin(2 * np.pi * 2000 * np.arange(RATE) / RATE)
    figure = plot_alignment(alignment(), Excerpt(samples, RATE, 0.0))
    (mesh,) = figure.axes[1].collections
    times, hertz = mesh.get_coordinates()[0, :, 0], mesh.get_coordinates()[:, 0, 1]
    decibels = mesh.get_array()
    loud = np.flatnonzero(decibels.max(axis=0) > -20)
    assert (times[loud[0]], times[loud[-1] + 1]) == pytest.approx((1.0, 2.0), abs=0.02)
    band = int(decibels[:, loud[len(loud) // 2]].argmax())
    assert hertz[band] <= 2000 <= hertz[band + 1]


def test_the_emission_shows_its_symbols_and_the_path():
    probabilities = np.full((40, 3), 0.1, np.float32)
    figure = plot_alignment(alignment(), excerpt(), EmissionImage(probabilities, ("-", "h", "x"), 0.1, 0.0))
    heat = figure.axes[2]
    assert [label.get_text() for label in heat.get_yticklabels()] == ["-", "h", "x"]
    (line,) = heat.lines
    assert line.get_xydata().tolist() == [[1.0, 1.0], [1.1, 1.0]]


def test_a_large_vocabulary_is_cut_to_what_the_model_is_sure_of():
    probabilities = np.full((10, 500), 1e-3, np.float32)
    probabilities[3, 123] = 0.9
    symbols = tuple(f"s{i}" for i in range(500))
    labels = [
        label.get_text()
        for label in plot_alignment(alignment(), excerpt(), EmissionImage(probabilities, symbols, 0.1, 0.0))
        .axes[2]
        .get_yticklabels()
    ]
    assert len(labels) == 40
    assert "s123" in labels


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (0.0, "expected more than 0"),
        (1e-300, "expected more than 0"),
        (math.nan, "expected"),
        (1e300, "less than"),
        (0.1, "more than 30"),
    ],
)
def test_a_picture_of_too_many_rows_is_refused(row, words):
    with pytest.raises(UsageError, match=words):
        plot_alignment(alignment(), excerpt(), row_seconds=row)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    sf.write(path, np.linspace(-0.9, 0.9, 25 * RATE).astype(np.float32), RATE, subtype="FLOAT")
    return path


def test_a_picture_is_written_whole_or_not_at_all(talk, tmp_path):
    output = tmp_path / "talk.png"
    whole = replace(alignment(), duration=sf.info(talk).duration)
    assert draw_alignment(talk, whole, output, end=4.0) == []
    assert output.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="exists; use overwrite=True"):
        draw_alignment(talk, alignment(), output)
    with pytest.raises(UsageError, match=r"more than 30"):
        draw_alignment(talk, alignment(), tmp_path / "other.png", row_seconds=0.1)
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


@pytest.fixture
def five_seconds(tmp_path) -> Path:
    sf.write(tmp_path / "a.wav", np.sin(np.arange(5 * RATE) / 10), RATE)
    return tmp_path / "a.wav"


def drawn(audio: Path, captions: Alignment | str, **options) -> list[str]:
    if isinstance(captions, str):
        path = audio.with_suffix(".srt")
        path.write_text(captions)
        return draw_alignment(audio, path, audio.with_suffix(".png"), overwrite=True, **options)
    return draw_alignment(audio, captions, audio.with_suffix(".png"), overwrite=True, **options)


SRT = "1\n00:{}:01,000 --> 00:{}:02,000\nhello\n"


def test_captions_that_do_not_fit_the_recording_are_told(five_seconds):
    other = Alignment("b.wav", 500.0, "builtin:en", alignment().cues)
    for captions, warning in (
        (SRT.format("10", "10"), "1 of 1 captions begin after the end of the recording (5.00 s): are they those"),
        ("hello\n", "none of the 1 captions has a time; align them first"),
        (other, "the alignment is of a recording of 500.00 s, this one has 5.00 s: is it another one?"),
    ):
        [found] = drawn(five_seconds, captions)
        assert found.startswith(warning)


def test_captions_that_fit_are_drawn_without_a_word(five_seconds):
    assert drawn(five_seconds, SRT.format("00", "00")) == []
    assert drawn(five_seconds, SRT.format("00", "00"), start=3.0, end=4.0) == []
    assert drawn(five_seconds, Alignment("a.wav", 5.4, "builtin:en", alignment().cues), end=5.05) == []


def test_an_end_after_the_end_is_told(five_seconds):
    [warning] = drawn(five_seconds, SRT.format("00", "00"), end=100.0)
    assert warning == f"{five_seconds}: the recording ends at 5.00 s, before --end 100"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channel": "all"}, "channel: all channels do not fit into one picture; expected mix or the number of one"),
        ({"start": 2.0, "end": 2.00001}, "no audio between 2.0 and 2.00001 s: less than a sample"),
        ({"start": 7.0}, "--start is 7.0 s, but the recording is not longer than that"),
        ({"start": math.nan}, "expected 0 <= --start < --end"),
        ({"start": 3.0, "end": 1.0}, "expected 0 <= --start < --end"),
    ],
)
def test_parts_that_cannot_be_drawn(five_seconds, options, message):
    with pytest.raises(UsageError) as caught:
        drawn(five_seconds, SRT.format("00", "00"), **options)
    assert message in str(caught.value)
