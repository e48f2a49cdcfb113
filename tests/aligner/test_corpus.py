"""Pairs of a corpus: folders, files and manifests, with what is missing."""

from __future__ import annotations

import pytest

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, SEVERAL, corpus_pairs
from ctcalign.errors import UsageError
from ctcalign.formats.captions import read_captions
from tests.formats.aligned_folder import corpus


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def test_folders_with_subfolders(tmp_path):
    make(tmp_path / "audio", "a.mp3", "b/c.WAV", "d.wav", "d.flac", "e.wav", "f.wav", "notes.pdf", ".hidden.wav")
    make(tmp_path / "text", "a.en.srt", "b/c.vtt", "d.srt", "f.srt", "f.vtt", "g.srt")
    found = corpus_pairs(tmp_path / "audio", tmp_path / "text")
    assert [(pair.id, pair.audio.name, pair.captions.name) for pair in found.pairs] == [
        ("a", "a.mp3", "a.en.srt"),
        ("b/c", "c.WAV", "c.vtt"),
    ]
    assert {(problem.id, problem.reason) for problem in found.problems} == {
        ("d", SEVERAL),
        ("e", NO_CAPTIONS),
        ("f", SEVERAL),
        ("g", NO_RECORDING),
    }


def test_one_folder_for_both(tmp_path):
    make(tmp_path, "a.wav", "a.srt", "b.mp4", "b.vtt")
    found = corpus_pairs(tmp_path, tmp_path)
    assert [pair.id for pair in found.pairs] == ["a", "b"]
    assert found.problems == []


def test_a_manifest_counts_paths_from_its_folder(tmp_path):
    make(tmp_path, "x/a.wav", "x/a.srt", "x/b.wav")
    (tmp_path / "pairs.tsv").write_text("captions\taudio\nx/a.srt\tx/a.wav\nx/b.srt\tx/b.wav\n", encoding="utf-8")
    found = corpus_pairs(tmp_path / "pairs.tsv")
    assert [(pair.id, pair.captions) for pair in found.pairs] == [("x/a", tmp_path / "x/a.srt")]
    assert [(problem.id, problem.reason) for problem in found.problems] == [("x/b", NO_CAPTIONS)]
    (tmp_path / "pairs.jsonl").write_text('{"audio": "x/a.wav", "captions": "x/a.srt", "id": "talk"}\n')
    assert [pair.id for pair in corpus_pairs(tmp_path / "pairs.jsonl").pairs] == ["talk"]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("a.wav\n", "line 1: expected the paths audio and captions, got 'a.wav'"),
        ("a.wav\ta.srt\na.wav\ta.srt\n", "line 2: a second row of a"),
        ("", "no pair of a recording and captions"),
    ],
)
def test_a_wrong_manifest_is_named(tmp_path, manifest, message):
    make(tmp_path, "a.wav", "a.srt")
    (tmp_path / "pairs.tsv").write_text(manifest, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        corpus_pairs(tmp_path / "pairs.tsv")


def test_folders_and_files_do_not_mix(tmp_path):
    make(tmp_path, "a/a.wav", "a.srt")
    with pytest.raises(UsageError, match=r"is a file and .* a folder; give two folders or two files"):
        corpus_pairs(tmp_path / "a", tmp_path / "a.srt")
    with pytest.raises(UsageError, match=r"captions: none given for .*a\.wav"):
        corpus_pairs(tmp_path / "a" / "a.wav")
    with pytest.raises(UsageError, match=r"no pair of a recording and captions \(a: no captions\)"):
        corpus_pairs(tmp_path / "a", tmp_path / "a")


def test_an_output_folder_of_align_corpus(tmp_path):
    root = corpus(tmp_path / "aligned", 3, sound=True)
    (tmp_path / "sound" / "talk1.wav").unlink()
    found = corpus_pairs(root)
    assert [(pair.id, pair.audio.name, pair.captions) for pair in found.pairs] == [
        (f"a/talk{n}", f"talk{n}.wav", root / "alignments" / "a" / f"talk{n}.json") for n in (0, 2)
    ]
    assert [(problem.id, problem.reason) for problem in found.problems] == [("a/talk1", NO_RECORDING)]
    assert [cue.text for cue in read_captions(found.pairs[0].captions).cues] == ["word", "word"]
