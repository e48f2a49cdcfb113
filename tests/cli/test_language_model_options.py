"""`--lm` of `transcribe` and `evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import ctcalign
from ctcalign.cli import commands
from ctcalign.edits import edit_distance
from egs.mini_en.objectives.local.ngram import counts, probabilities, write_arpa

ROOT = Path(__file__).parents[2]
TALK, CAPTIONS = ROOT / "egs" / "demo" / "talk.ogg", ROOT / "egs" / "demo" / "talk.srt"
TRANSCRIBE = ["transcribe", str(TALK), "--model", "builtin:en", "--format", "json", "-o", "-", "-q"]


def words(text: str) -> list[str]:
    return "".join(c if c.isalpha() or c == "'" else " " for c in text.lower()).split()


@pytest.fixture(scope="module")
def captions() -> list[str]:
    return [" ".join(words(cue.text)) for cue in ctcalign.read_captions(CAPTIONS).cues]


@pytest.fixture
def arpa(tmp_path: Path, captions: list[str]) -> str:
    """Of the words of the captions."""
    write_arpa(tmp_path / "talk.arpa", *probabilities(counts(captions, 2)))
    return str(tmp_path / "talk.arpa")


def test_a_language_model_of_the_talk_mends_its_transcript(arpa, captions):
    pytest.importorskip("kenlm", reason="kenlm is not installed (extra lm)")
    errors = {}
    beam = [*TRANSCRIBE, "--decoder", "beam", "--beam", "32"]
    for name, arguments in (
        ("plain", beam),
        ("lm", [*beam, "--lm", arpa]),
        ("no weight", [*beam, "--lm", arpa, "--lm-weight", "0", "--word-bonus", "0", "--unknown-word-score", "0"]),
    ):
        result = CliRunner().invoke(commands, arguments)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        errors[name] = edit_distance(
            " ".join(captions).split(),
            [word for cue in json.loads(result.stdout)["cues"] for word in words(cue["text"])],
        )
    assert errors["lm"] < 0.5 * errors["plain"]
    assert abs(errors["no weight"] - errors["plain"]) <= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--decoder", "beam", "--lm-weight", "0.5"], "--lm-weight: got 0.5 without --lm"),
        (["--decoder", "beam", "--word-bonus", "1"], "--word-bonus: got 1 without --lm"),
        (["--decoder", "beam", "--unknown-word-score", "-3"], "--unknown-word-score: got -3 without --lm"),
        (["--lm", "{arpa}"], "--lm: needs a beam search, but --decoder is greedy; add --decoder beam"),
        (["--decoder", "beam", "--lm", "{arpa}", "--lm-weight", "-1"], "lm_weight: got -1.0, expected a finite number"),
        (["--decoder", "beam", "--lm", "{arpa}", "--word-bonus", "inf"], "word_bonus: got inf"),
        (["--decoder", "beam", "--lm", "{arpa}", "--unknown-word-score", "nan"], "unknown_word_score: got nan"),
        (["--decoder", "beam", "--lm", "none.arpa"], "lm: there is no n-gram model none.arpa"),
        (["--decoder", "beam", "--beam", "0"], "--beam"),
        (["--decoder", "beam", "--beam", "1000001", "--lm", "none.arpa"], "--beam"),
    ],
)
def test_bad_options(arpa, options, message):
    result = CliRunner().invoke(commands, [*TRANSCRIBE, *(option.format(arpa=arpa) for option in options)])
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
