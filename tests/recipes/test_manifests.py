"""Manifests of recipes: rows and files that are not there are named."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from ctcalign.errors import AudioError, CaptionError
from recipes.manifests import read_member, read_rows


def write(folder, *rows):
    file = folder / "manifest.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_the_normalised_text_is_taken(tmp_path):
    one = {"path": "a.flac", "text_norm": "one", "speaker": 3}
    two = {"path": "b.flac", "text": "Two.", "speaker": "ann", "corpus": "x"}
    assert read_rows(write(tmp_path, one, two)) == [{**one, "text": "one"}, two]


@pytest.mark.parametrize(
    "row", [{"text": "a", "speaker": "b"}, {"path": "a", "speaker": "b"}, {"path": "a", "text": "a"}, ["a"], 3]
)
def test_a_row_without_a_field_is_named(tmp_path, row):
    with pytest.raises(CaptionError, match=r"manifest.jsonl: row 2: expected an object with path"):
        read_rows(write(tmp_path, {"path": "a.flac", "text": "one", "speaker": "ann"}, row))


def test_a_file_that_is_not_in_the_tar_is_named(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo("a.flac")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert read_member(archive, "a.flac") == b"abc"
        with pytest.raises(AudioError, match=r"b.flac: in the manifest but not in a.tar"):
            read_member(archive, "b.flac")
