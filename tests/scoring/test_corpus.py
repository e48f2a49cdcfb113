"""`score` on an output folder of `align-corpus`: the same numbers as from its files, one after the other."""

from __future__ import annotations

import json
import shutil
import tracemalloc

import pytest
from click.testing import CliRunner

from ctcalign.cli import commands
from ctcalign.errors import CaptionError
from ctcalign.scoring.comparison import compare
from ctcalign.scoring.files import read_timed
from ctcalign.scoring.run import score
from tests.formats.aligned_folder import corpus


@pytest.fixture
def folders(tmp_path):
    """A corpus, and references of it that are 0.25 s later."""
    return corpus(tmp_path / "aligned", 3), corpus(tmp_path / "truth", 3, late=0.25) / "alignments"


@pytest.mark.parametrize("level", ["cue", "word"])
def test_the_numbers_of_the_files_one_by_one(folders, level):
    aligned, truth = folders
    names = [f"a/talk{number}.json" for number in range(3)]
    pairs = [(read_timed(aligned / "alignments" / name)[0], read_timed(truth / name)[0]) for name in names]
    expected = compare(pairs, level)
    found = score(aligned, truth)
    assert found.recordings == 3
    assert found.warnings == []
    [own] = [one for one in found.comparisons if one.level == level]
    assert own.pairs == []
    assert own.starts is not None
    assert (own.starts.count, own.starts.bias) == (6, -0.25)
    own.pairs = expected.pairs
    assert own == expected


def test_references_are_files_a_corpus_or_one_file(folders, tmp_path):
    aligned, truth = folders
    expected = score(aligned, truth).to_dict()
    assert score(aligned, truth.parent).to_dict() == expected
    rows = [
        {"id": f"{n}-{place}", "recording_id": f"a/talk{n}", "start": place + 0.25, "duration": 0.5, "text": "word"}
        for n in range(3)
        for place in range(2)
    ]
    (tmp_path / "truth.jsonl").write_text("".join(json.dumps(row | {"channel": 0}) + "\n" for row in rows))
    cues = score(aligned, tmp_path / "truth.jsonl", ["cue"]).to_dict()["levels"]["cue"]
    assert cues["starts"] == expected["levels"]["cue"]["starts"]
    assert score(aligned, truth, recording="a/talk1").recordings == 1


def test_recordings_that_one_side_lacks(folders):
    aligned, truth = folders
    (truth / "a" / "talk0.json").unlink()
    (aligned / "alignments" / "a" / "talk1.json").unlink()
    found = score(aligned, truth, ["cue"])
    assert found.recordings == 2
    assert (found.comparisons[0].spoken, found.comparisons[0].placed) == (4, 2)
    assert [text.rpartition(": ")[2] for text in found.warnings] == ["a/talk1", "a/talk0"]


def test_references_that_do_not_fit(folders, tmp_path):
    aligned, truth = folders
    shutil.copytree(truth / "a", tmp_path / "other")
    with pytest.raises(CaptionError, match=r"3 recordings \(a/talk0, .*none of the 3 of"):
        score(aligned, tmp_path / "other")
    (truth / "a" / "talk0.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nword\n")
    with pytest.raises(CaptionError, match="a second reference of a/talk0"):
        score(aligned, truth)


def test_the_command(folders, tmp_path):
    aligned, truth = folders
    picture = tmp_path / "errors.png"
    done = CliRunner().invoke(commands, ["score", str(aligned), str(truth), "--json", "--plot", str(picture)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["levels"]["cue"]["starts"]["median"] == 0.25
    assert picture.exists()


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    def peak(count: int) -> int:
        root = corpus(tmp_path / f"aligned{count}", count, cues=30)
        tracemalloc.start()
        score(root, root, ["cue"])
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(2)  # modules are loaded
    assert peak(40) < peak(4) + 300_000  # with all items in memory 40 take 2 MB more
