"""Recordings with known words: truth files, archives of utterances, and occurrences of phrases."""

from __future__ import annotations

import json

import pytest

from ctcalign.errors import AudioError, CaptionError
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
