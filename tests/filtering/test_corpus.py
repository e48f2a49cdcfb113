"""`ctcalign filter` on an output folder of `align-corpus`: the same cues as from its alignments one by one."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from ctcalign.errors import CaptionError
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.run import filter_files
from tests.formats.aligned_folder import corpus


def test_a_manifest_of_a_corpus(tmp_path):
    root = corpus(tmp_path / "aligned", 12)
    target = tmp_path / "kept.jsonl.gz"
    report = filter_files([root], target, Criteria(min_confidence=0.7), rejected=tmp_path / "rejected.jsonl")
    rows = [json.loads(line) for line in gzip.open(target, "rt", encoding="utf-8")]
    assert sorted(row["id"] for row in rows) == sorted(f"a/talk{number}" for number in range(12))
    ids = [own["id"] for row in rows for own in row["supervisions"]]
    assert len(set(ids)) == 12
    assert (report.tally.cues, report.tally.kept_cues) == (24, 12)
    rejected = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    assert len(rejected) == 12
    assert {row["index"] for row in rejected} == {0}
    files = [str(path) for path in (root / "alignments" / "a").glob("*.json")]
    single = filter_files(files, f"{tmp_path}/out/", Criteria(min_confidence=0.7))
    assert sorted(single.tally.confidences) == sorted(report.tally.confidences)


def test_a_folder_of_a_corpus_and_a_precision(tmp_path):
    root = corpus(tmp_path / "aligned", 3)
    report = filter_files([root], f"{tmp_path}/kept/", Criteria(), precision=0.7014)
    assert report.criteria.min_confidence == pytest.approx(0.701)
    assert sorted(path.name for path in (tmp_path / "kept" / "a").iterdir()) == [f"talk{n}.json" for n in range(3)]
    kept = [json.loads(Path(name).read_text())["cues"] for name in report.written]
    assert [[cue["index"] for cue in cues] for cues in kept] == [[], [1], [1]]


def test_an_empty_corpus_is_one_line(tmp_path):
    with pytest.raises(CaptionError, match="no recording of it has been aligned"):
        filter_files([corpus(tmp_path / "aligned", 0)], tmp_path / "kept.jsonl", Criteria())
    assert not (tmp_path / "kept.jsonl").exists()


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    def peak(count: int) -> int:
        root = corpus(tmp_path / f"aligned{count}", count, cues=30)
        tracemalloc.start()
        filter_files([root], tmp_path / f"kept{count}.jsonl", Criteria(min_confidence=0.6))
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    peak(2)  # modules are loaded
    assert peak(80) < peak(8) + 200_000  # the alignments of 80 take about 2 MB
