"""`ctcalign search` on the bundled talk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands

TALK = str(Path(__file__).parents[2] / "egs" / "demo" / "talk.ogg")


def run(*arguments, **options):
    return CliRunner().invoke(commands, ["search", *map(str, arguments)], catch_exceptions=False, **options)


def test_a_table_of_hits_and_of_what_is_not_found():
    result = run(TALK, "lighthouse", "1996", "monarch butterfly")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[-1] for row in rows[1:]] == ["lighthouse", "1996", "found)"]
    assert rows[1][0].startswith("0:08.")
    assert "2 hits in 79.1 s of audio; not found: 'monarch butterfly'" in result.stderr


def test_phrases_from_a_file_as_json(tmp_path):
    (tmp_path / "names.txt").write_text("# names\nMargaret Hale\n\nlighthouse\n", encoding="utf-8")
    result = run(TALK, "lighthouse", "--phrases", tmp_path / "names.txt", "--json", "-q")
    assert result.exit_code == 0
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert [row["text"] for row in document["phrases"]] == ["lighthouse", "Margaret Hale"]
    (hit,) = document["phrases"][1]["hits"]
    assert hit["confidence"] > 0.5
    assert [word["text"] for word in hit["words"]] == ["Margaret", "Hale"]
    assert run(TALK, "--phrases", "-", "--json", "-q", input="lighthouse\n").stdout.count('"start"') == 2


def test_every_output_holds_the_hits(tmp_path):
    names = [tmp_path / f"hits.{extension}" for extension in ("tsv", "srt", "TextGrid", "ctm", "json")]
    result = run(TALK, "storm", "two goats", *(part for name in names for part in ("-o", name)))
    assert result.exit_code == 0
    assert result.stdout == ""
    rows = [line.split("\t") for line in names[0].read_text(encoding="utf-8").splitlines()]
    assert [row[-1] for row in rows] == ["text", "two goats", "storm"]
    assert 0.5 <= float(rows[1][5]) <= 1
    assert names[1].read_text(encoding="utf-8").count("-->") == 2
    assert '"storm"' in names[2].read_text(encoding="utf-8")
    assert [line.split()[-1] for line in names[3].read_text(encoding="utf-8").splitlines()][:2] == ["two", "goats"]
    cues = json.loads(names[4].read_text(encoding="utf-8"))["cues"]
    assert [cue["confidence"] for cue in cues] == [float(f"{cue['confidence']}") for cue in cues]
    assert [cue["id"] for cue in cues] == ["2", "1"]


def test_no_hits_is_no_error_and_an_empty_file(tmp_path):
    result = run(TALK, "submarine", "-o", tmp_path / "none.tsv")
    assert result.exit_code == 0
    assert "0 hits" in result.stderr
    assert (tmp_path / "none.tsv").read_text(encoding="utf-8").count("\n") == 1


def test_the_surest_hits_alone():
    result = run(TALK, "the", "--min-confidence", "0.1", "--max-hits", "3", "--json", "-q")
    assert len(json.loads(result.stdout)["phrases"][0]["hits"]) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((TALK,), 2, "phrases: got none, expected at least one"),
        ((TALK, " "), 2, "phrase 1: got ' '"),
        ((TALK, "[MUSIC]"), 1, "contains no spoken word"),
        ((TALK, "二", "--romanise", "never"), 1, "builtin:en-robust has no symbols for it"),
        ((TALK, "a", "--min-confidence", "2"), 2, "--min-confidence"),
        ((TALK, "a", "--max-hits", "0"), 2, "--max-hits"),
        ((TALK, "a", "--calibration", "none.json"), 2, "calibration none.json: cannot be read: No such file"),
        ((TALK, "a", "--json", "-o", "-", "--format", "srt"), 2, "--json: standard output is already used"),
        ((TALK, "a", "-o", "hits.xyz"), 2, "no output format has this extension"),
        (("none.wav", "a"), 1, "none.wav"),
        ((TALK, "--phrases", "none.txt"), 2, "none.txt"),
    ],
)
def test_errors_are_one_line(arguments, status, message):
    result = run(*arguments)
    assert result.exit_code == status
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(("content", "message"), [(b"a\x00\x01\x02\xff", "binary data"), (b"# only\n\n", "no phrase")])
def test_files_that_hold_no_phrases(tmp_path, content, message):
    (tmp_path / "p.txt").write_bytes(content)
    result = run(TALK, "--phrases", tmp_path / "p.txt")
    assert result.exit_code == 1
    assert message in result.stderr
