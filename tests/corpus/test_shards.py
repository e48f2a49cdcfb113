"""Shards into one folder and into several, and `ctcalign merge`: as one run over all."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.corpus.merge import merge
from ctcalign.corpus.options import Shard
from ctcalign.errors import UsageError
from tests.corpus.collections import excerpts, report_of, results


def run(*arguments):
    return CliRunner().invoke(commands, list(map(str, arguments)), catch_exceptions=False)


def align(*arguments):
    return run("align-corpus", *arguments, "--fast", "--workers", "1")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Three recordings and one without captions, and the output of a run over all."""
    place = tmp_path_factory.mktemp("shards")
    talks = excerpts(place / "talks", "abc")
    (talks / "d.wav").write_bytes((talks / "a.wav").read_bytes())
    assert align(talks, "-o", place / "whole", "--format", "kaldi").exit_code == 1
    return place


def test_shards_are_equal_parts():
    shards = [Shard(number, 3) for number in (1, 2, 3)]
    held = [[position for position in range(10) if shard.holds(position)] for shard in shards]
    assert held == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]
    for total in range(8):
        assert [shard.size(total) for shard in shards] == [
            sum(shard.holds(position) for position in range(total)) for shard in shards
        ]
    for wrong in ("0/3", "4/3", "1", "1/0", "a/b", "-1/3"):
        with pytest.raises(UsageError, match="expected NUMBER/COUNT"):
            Shard.of(wrong)


def test_shards_in_one_folder(corpus, tmp_path):
    output = tmp_path / "out"
    first = align(corpus / "talks", "-o", output, "--format", "kaldi", "--shard", "1/2")
    assert first.exit_code == 0
    assert not (output / "report.json").exists()
    early = run("merge", output)
    assert early.exit_code == 1
    assert "not been aligned to their end: 2/2" in early.stderr
    assert report_of(output)["left"] is None
    second = align(corpus / "talks", "-o", output, "--format", "kaldi", "--shard", "2/2")
    assert second.exit_code == 1
    assert "d: no captions" in second.stderr
    merged = run("merge", output, "--json")
    assert merged.exit_code == 1  # a recording failed
    assert json.loads(merged.stdout)["left"] == 0
    assert results(output) == results(corpus / "whole")
    assert report_of(output)["failures"] == report_of(corpus / "whole")["failures"]


def test_shards_in_folders_of_their_own(corpus, tmp_path):
    for number in (1, 2):
        align(corpus / "talks", "-o", tmp_path / f"s{number}", "--format", "kaldi", "--shard", f"{number}/2")
    folders = [tmp_path / "s1", tmp_path / "s2"]
    for _ in range(2):  # the second time everything is there already
        assert run("merge", *folders, "-o", tmp_path / "all", "-q").exit_code == 1
        assert results(tmp_path / "all") == results(corpus / "whole")
    assert (tmp_path / "all" / "failed" / "d.txt").exists()
    with pytest.raises(UsageError, match="--output: needed for 2 folders"):
        merge(folders)
    with pytest.raises(UsageError, match="is not an output folder of align-corpus"):
        merge([corpus / "talks"])
    align(corpus / "talks", "-o", tmp_path / "other", "--shard", "1/2")
    with pytest.raises(UsageError, match="was made with another model, version or options"):
        merge([tmp_path / "s1", tmp_path / "other"], tmp_path / "all")


def test_damaged_records_are_named_by_merge(corpus, tmp_path):
    folder = tmp_path / "out"
    shutil.copytree(corpus / "whole", folder)
    (folder / "records" / "a.json").write_text("{")
    (folder / "alignments" / "b.json").unlink()
    alone = run("merge", folder)
    assert alone.exit_code == 1
    assert "records that are damaged, or whose outputs are missing: 2 (a, b); " in alone.stderr
    assert report_of(folder)["damaged"] == ["a", "b"]
    assert "2 records are damaged" in (folder / "report.html").read_text(encoding="utf-8")
    merge([folder, corpus / "whole"], tmp_path / "both")  # the other folder has them
    assert report_of(tmp_path / "both")["damaged"] == []
    report, _ = merge([folder, folder], tmp_path / "neither")
    assert report["damaged"] == ["a", "b"]


def test_two_results_of_one_recording_are_not_merged(corpus, tmp_path):
    talks = excerpts(tmp_path / "talks", "ba")  # "b" is another recording
    align(talks, "-o", tmp_path / "out", "--format", "kaldi")
    with pytest.raises(UsageError, match="has other results in"):
        merge([corpus / "whole", tmp_path / "out"], tmp_path / "all")
