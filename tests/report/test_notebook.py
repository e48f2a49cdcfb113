"""Alignments in notebooks: the table, the player, figures, and tables of pandas."""

from __future__ import annotations

import base64
import math
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile as sf

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.errors import AudioError, MissingPackageError, UsageError
from ctcalign.report import notebook

EVIL = "<script>alert(1)</script>\u202e\"' onload=x \ud800\x00"


def alignment(count: int = 3, audio: str = "talk.wav", **more) -> Alignment:
    cues = [
        AlignedCue(
            n, f"caption {n}", float(n), n + 0.5, confidence=0.9, words=[AlignedWord(f"w{n}", float(n), n + 0.5)]
        )
        for n in range(count)
    ]
    return Alignment(audio, float(count), "builtin:en", cues, **more)


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_captions_that_failed_are_in_the_table_and_the_others_are_counted():
    found = alignment(40)
    found.cues[33] = AlignedCue(33, "lost", status="failed", reason="no speech")
    html = found._repr_html_()
    assert html.count("<tr>") == 1 + notebook.ROWS
    assert "failed: no speech" in html
    assert "and 28 more" in html
    assert "caption 0" in html
    assert "caption 39" not in html


def test_everything_is_escaped():
    found = alignment(1, audio=f"{EVIL}.wav", warnings=[EVIL])
    cue = found.cues[0]
    cue.text, cue.status, cue.reason = EVIL, "failed", EVIL
    html = found._repr_html_()
    elements = Elements(html)
    assert set(elements.tags) <= {"div", "p", "b", "bdi", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert elements.attributes <= {"style", "dir"}
    assert "\x00" not in html
    html.encode("utf-8")
    for place in re.finditer("\u202e", html):  # an override ends with the element that isolates it
        assert html.rfind("<bdi", 0, place.start()) > html.rfind("</bdi>", 0, place.start())


def test_a_small_recording_can_be_played(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sf.write("talk.wav", np.zeros(8000), 8000)
    html = alignment()._repr_html_()
    [data] = re.findall(r'<audio controls preload="metadata" src="data:audio/wav;base64,([^"]*)"', html)
    assert base64.b64decode(data) == (tmp_path / "talk.wav").read_bytes()
    monkeypatch.setattr(notebook, "LARGEST", 1000)
    assert "<audio" not in alignment()._repr_html_()
    assert "<audio" not in alignment(audio="other.wav")._repr_html_()
    (tmp_path / "secret.txt").write_text("x")
    assert "<audio" not in alignment(audio="secret.txt")._repr_html_()


def test_a_reviewed_caption_says_so():
    found = alignment()
    found.cues[0].reviewed = "corrected"
    assert "aligned, corrected in review" in found._repr_html_()


def test_ipython_shows_table_and_figure(tmp_path, monkeypatch):
    formatters = pytest.importorskip("IPython.core.formatters")
    monkeypatch.chdir(tmp_path)
    sf.write("talk.wav", np.random.default_rng(0).normal(0, 0.1, 3 * 8000), 8000)
    shown = formatters.DisplayFormatter()
    assert "text/html" in shown.format(alignment())[0]
    png = shown.format(alignment().plot())[0]["image/png"]
    assert base64.b64decode(png).startswith(b"\x89PNG") if isinstance(png, str) else png.startswith(b"\x89PNG")


def test_a_figure_shows_the_part_that_was_asked_for(tmp_path):
    sf.write(tmp_path / "talk.wav", np.random.default_rng(0).normal(0, 0.1, 3 * 8000), 8000)
    figure = alignment().plot(0.8, 2.0, audio=tmp_path / "talk.wav", row_seconds=5)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert "w1" in texts
    assert "w2" not in texts
    assert "0.8 to 2.0 s" in figure.texts[0].get_text()


def test_what_a_figure_misses_is_said(tmp_path, monkeypatch):
    with pytest.raises(AudioError, match=r"recording talk.wav of the alignment was not found; name it with audio="):
        alignment().plot()
    sf.write(tmp_path / "talk.wav", np.zeros(24000), 8000)
    with pytest.raises(UsageError, match="0 <= --start < --end"):
        alignment().plot(2, 1, audio=tmp_path / "talk.wav")
    with pytest.warns(UserWarning, match="is it another one"):
        alignment(5).plot(audio=tmp_path / "talk.wav")


def test_tables_of_pandas():
    found = alignment()
    found.cues[1] = AlignedCue(
        1, "lost", status="failed", reason="no speech", words=[AlignedWord("lost", status="failed")]
    )
    cues = found.to_dataframe()
    assert list(cues["index"]) == [0, 1, 2]
    assert list(cues["text"]) == ["caption 0", "lost", "caption 2"]
    assert cues["start"].dtype == cues["confidence"].dtype == np.float64
    assert math.isnan(cues["start"][1])
    assert cues["end"].sum() == 3.0
    words = found.to_dataframe("words")
    assert words[["cue", "word"]].to_numpy().tolist() == [[0, 0], [1, 0], [2, 0]]
    assert list(words["status"]) == ["aligned", "failed", "aligned"]


def test_a_table_of_nothing_has_its_columns():
    found = alignment(0)
    assert found.to_dataframe()["start"].dtype == np.float64
    assert list(found.to_dataframe("words").columns)[:3] == ["cue", "word", "text"]


def test_a_table_needs_pandas(monkeypatch):
    with pytest.raises(UsageError, match="level: got 'word', expected cues or words"):
        alignment().to_dataframe("word")
    monkeypatch.setattr("ctcalign.extras.is_installed", lambda package: False)
    with pytest.raises(MissingPackageError, match=r"pandas is not installed; pip install 'ctcalign\[notebook\]'"):
        alignment().to_dataframe()


def test_the_views_are_there_whatever_was_imported():
    code = "from ctcalign.alignment.alignment import Alignment; print(Alignment('', 0.0, '', [])._repr_html_() is None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
