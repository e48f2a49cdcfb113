"""`align(method="ipfa")` and its command line, on the language of tones."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align
from ctcalign.cli import commands
from tests.aligner.tones import SPOKEN, ToneModel


def test_cues_and_words_have_times_and_what_is_not_said_has_none(talk):
    path, times = talk
    captions = [SPOKEN[0], SPOKEN[1], "nothing of this was ever spoken", SPOKEN[2], SPOKEN[3]]
    cues = align(path, captions, ToneModel(), method="ipfa").cues
    unspoken = cues.pop(2)
    assert (unspoken.status, unspoken.reason, unspoken.start) == ("not_spoken", "not found in the audio", None)
    for cue, (start, end), text in zip(cues, times, SPOKEN, strict=True):
        assert cue.start == pytest.approx(start, abs=0.15)
        assert cue.end == pytest.approx(end, abs=0.15)
        assert [word.text for word in cue.words] == text.split()
        spans = [(word.start, word.end) for word in cue.words]
        assert spans == sorted(spans)
        assert all(a < b for a, b in spans)


def test_the_published_method_places_every_caption_and_its_scores_are_its_own(talk):
    path, times = talk
    result = align(path, SPOKEN, ToneModel(), method="ipfa", options=AlignOptions(faithful=True))
    for cue, (start, end) in zip(result.cues, times, strict=True):
        assert cue.status == "aligned"
        assert cue.start == pytest.approx(start, abs=0.6)  # it puts half a second around the labels
        assert cue.end == pytest.approx(end, abs=0.6)
        assert round(cue.start, 2) == cue.start  # times go through text with two decimals


def test_the_command_knows_the_method(talk, monkeypatch, tmp_path):
    import ctcalign.aligner.run as recording

    monkeypatch.setattr(recording, "load_model", lambda *a, **k: ToneModel())
    captions = tmp_path / "talk.txt"
    captions.write_text("\n".join(SPOKEN), encoding="utf-8")
    out = tmp_path / "out.json"
    call = ["align", str(talk[0]), str(captions), "--method", "ipfa", "-o", str(out)]
    result = CliRunner().invoke(commands, call)
    assert result.exit_code == 0, result.output
    assert [cue["status"] for cue in json.loads(out.read_text())["cues"]] == ["aligned"] * 4


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--faithful"], "--faithful is an option of --method ipfa"),
        (["--method", "ipfa", "--all-spoken"], "--all-spoken is an option of --method global"),
    ],
)
def test_options_of_the_other_method_are_refused(talk, options, says):
    result = CliRunner().invoke(commands, ["align", str(talk[0]), "x.txt", *options])
    assert result.exit_code == 2
    assert says in result.output
