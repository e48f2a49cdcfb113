"""`ctcalign apply-edits` as a user calls it."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.formats import read_alignment
from tests.corrections.test_apply import document, entry, talk


def run(*arguments, **more):
    return CliRunner().invoke(commands, ["apply-edits", *map(str, arguments)], **more)


@pytest.fixture
def folder(tmp_path):
    talk().to_json(tmp_path / "talk.json")
    digest = hashlib.sha256((tmp_path / "talk.json").read_bytes()).hexdigest()
    rows = [entry(talk().cues[0], verdict="accepted"), entry(talk().cues[2], verdict="rejected")]
    (tmp_path / "talk.edits.json").write_text(json.dumps(document(*rows, sha256=digest)), encoding="utf-8")
    return tmp_path


def test_several_outputs(folder):
    result = run(
        folder / "talk.json", folder / "talk.edits.json", "-o", folder / "out.json", "-o", folder / "out.srt",
        "--unspoken", "drop",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [cue.reviewed for cue in read_alignment(folder / "out.json").cues] == ["accepted", None, "rejected"]
    text = (folder / "out.srt").read_text(encoding="utf-8")
    assert "Good evening." in text
    assert "So long." not in text
    assert "2 of 3 cues reviewed: 1 accepted, 1 rejected" in result.stderr


def test_json_on_standard_output(folder):
    result = run("-", folder / "talk.edits.json", "-q", input=(folder / "talk.json").read_bytes())
    assert result.exit_code == 0, result.output
    assert [cue.get("reviewed") for cue in json.loads(result.stdout)["cues"]] == ["accepted", None, "rejected"]
    assert result.stderr == ""


def test_the_alignment_of_another_run_is_refused(folder):
    path = folder / "talk.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.4", "0.5"), encoding="utf-8")
    result = run(path, folder / "talk.edits.json", "-o", folder / "out.json")
    assert result.exit_code == 1
    assert not (folder / "out.json").exists()
    assert run(path, folder / "talk.edits.json", "-o", folder / "out.json", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'list', expected"),
        (b"{", "not valid JSON"),
        (b"[1, 2]", "expected \"ctcalign/edits/1\""),
        (b'{"schema": "ctcalign/edits/2"}', "'ctcalign/edits/2', expected \"ctcalign/edits/1\""),
        (b'{"schema": "ctcalign/edits/1"}', "alignment: expected an object, got None"),
        (b"\xff\xfe{", "expected JSON in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_files_that_are_no_edits(folder, content, message):
    (folder / "bad.json").write_bytes(content)
    result = run(folder / "talk.json", folder / "bad.json", "-o", folder / "out.json")
    assert result.exit_code == 1
    assert message in result.stderr
    assert str(folder / "bad.json") in result.stderr
    assert result.stderr.count("\n") == 1


def test_usage(folder):
    assert run(folder / "talk.json", folder / "talk.edits.json", "-o", folder / "talk.json").exit_code == 2
    both = run("-", "-")
    assert both.exit_code == 2
    assert "both standard input" in both.output
