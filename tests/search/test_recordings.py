"""Recordings with known words: truth files, archives of utterances, and occurrences of phrases."""

from __future__ import annotations

import json

import pytest

from ctcalign.errors import AudioError, CaptionError, CtcAlignError
from ctcalign.search.recordings import Recording, SpokenWord, read_archive, read_truth
from tests.aligner.tones import ToneModel
from tests.search.corpora import TEXTS, write_corpus


def word(text, start, utterance=0):
    return SpokenWord(text, start, start + 0.5, utterance)


def test_occurrences_stay_inside_an_utterance():
    words = [word("a", 0), word("b", 1), word("a", 2, 1), word("b", 3, 1), word("b", 4, 2)]
    recording = Recording("r", None, words)
    assert recording.occurrences("a b") == [(0, 1.5), (2, 3.5)]
    assert recording.occurrences("b a") == []


def test_the_utterances_of_a_speaker_become_one_recording(tmp_path):
    write_corpus(tmp_path)
    found = list(read_archive(tmp_path / "dev.jsonl", tmp_path / "dev.tar", ToneModel()))
    assert [recording.name for recording in found] == [*TEXTS]
    for recording in found:
        exact = read_truth(tmp_path / recording.name / "truth.json", ToneModel())
        assert [word.text for word in recording.words] == [word.text for word in exact.words]
        assert [word.utterance for word in recording.words] == [word.utterance for word in exact.words]
        gaps = 0.5  # of noise before each utterance
        for own, true in zip(recording.words, exact.words, strict=True):
            assert own.start == pytest.approx(true.start + gaps * (true.utterance + 1), abs=0.1)


def test_automatic_times_of_words_are_used_where_there_are_no_others(tmp_path):
    write_corpus(tmp_path)
    path = tmp_path / "one" / "truth.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    exact = read_truth(path, ToneModel()).words
    for utterance in document["utterances"]:
        utterance["words_auto"] = utterance.pop("words")
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_truth(path, ToneModel()).words == exact
    del document["utterances"][1]["words_auto"]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CaptionError, match=r"truth.json: utterance 1 has no times of words"):
        read_truth(path, ToneModel())


def test_an_archive_of_another_rate_is_an_error(tmp_path):
    write_corpus(tmp_path)
    model = ToneModel()
    model.sample_rate = 22_050
    with pytest.raises(AudioError, match=r"one/0.wav: expected mono at 22050 Hz, got \d+ Hz"):
        list(read_archive(tmp_path / "dev.jsonl", tmp_path / "dev.tar", model))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": None}, "row 2: expected an object with path"),
        ({"text_norm": None}, "row 2: expected an object with path, text_norm or text"),
        ({"speaker": ["a"]}, "row 2: expected"),
        ({"path": "none.wav"}, "has no none.wav, which the manifest names"),
    ],
)
def test_rows_of_a_manifest_that_cannot_be_used_are_named(tmp_path, change, message):
    write_corpus(tmp_path)
    manifest = tmp_path / "dev.jsonl"
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    rows[1] |= change
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(CtcAlignError, match=message):
        list(read_archive(manifest, tmp_path / "dev.tar", ToneModel()))


def test_rows_may_have_text_alone(tmp_path):
    write_corpus(tmp_path)
    manifest = tmp_path / "dev.jsonl"
    first = json.loads(manifest.read_text(encoding="utf-8").splitlines()[0])
    manifest.write_text(json.dumps({"path": first["path"], "text": first["text_norm"].title()}), encoding="utf-8")
    (found,) = read_archive(manifest, tmp_path / "dev.tar", ToneModel())
    assert found.name == "dev"
    assert [word.text.lower() for word in found.words] == first["text_norm"].split()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        "3",
        '{"audio": "audio.wav"}',
        '{"audio": "a", "utterances": 1}',
        '{"audio": "a", "utterances": [1]}',
        '{"audio": "a", "utterances": [{"words": [{"text": "a"}]}]}',
    ],
)
def test_a_truth_file_that_is_none_is_one_line(tmp_path, text):
    path = tmp_path / "truth.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaptionError, match=r"truth.json"):
        read_truth(path, ToneModel())
    with pytest.raises(CaptionError, match=r"none.json: cannot be read"):
        read_truth(tmp_path / "none.json", ToneModel())


@pytest.mark.parametrize("content", [None, b"no tar"])
def test_an_archive_that_is_none_is_one_line(tmp_path, content):
    write_corpus(tmp_path)
    tar = tmp_path / "dev2.tar"
    if content is not None:
        tar.write_bytes(content)
    with pytest.raises(AudioError, match=r"dev2.tar: cannot be read as a tar"):
        list(read_archive(tmp_path / "dev.jsonl", tar, ToneModel()))
