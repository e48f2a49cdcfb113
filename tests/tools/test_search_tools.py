"""The tools that fit and measure the search, on the language of tones."""

from __future__ import annotations

import io
import json
import random
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.search.confidence import read_calibration
from ctcalign.search.evidence import FEATURES
from tests.aligner.tones import RATE, ToneModel, say, silence

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import fit_search
import measure_search
import search_trials as trials

TEXTS = {
    "one": ["the cat sat on a mat", "a dog ran over the hill", "all of them went home"],
    "two": ["we walked along the river", "she sang an old song to us", "nobody heard it but me"],
}


def word(text, start, utterance=0):
    return trials.SpokenWord(text, start, start + 0.5, utterance)


def test_occurrences_stay_inside_an_utterance():
    words = [word("a", 0), word("b", 1), word("a", 2, 1), word("b", 3, 1), word("b", 4, 2)]
    assert trials.occurrences(words, "a b") == [(0, 1.5), (2, 3.5)]
    assert trials.occurrences(words, "b a") == []


def test_phrases_that_do_not_occur_are_told_from_those_that_do():
    one = trials.Recording("one", None, [word(text, place) for place, text in enumerate("a b c d e f g".split())])
    two = trials.Recording("two", None, [word(text, place) for place, text in enumerate("e f g h i j k".split())])
    drawn = trials.trial_phrases(one, [two], 4, random.Random(0))
    for kind, lengths in trials.CLASSES.items():
        inside, outside = drawn[kind]
        assert len(inside) == 4
        assert outside
        assert all(len(text.split()) in lengths for text in (*inside, *outside))
        assert all(trials.occurrences(one.words, text) for text in inside)
        assert not any(trials.occurrences(one.words, text) for text in outside)


def test_a_place_is_right_when_both_ends_are_near_and_each_occurrence_counts_once():
    class Phrase:
        text = "a"

    recording = trials.Recording("r", None, [word("a", 1.0), word("a", 5.0)])
    spans = [(1.1, 1.4), (1.0, 1.5), (4.2, 5.2), (5.4, 5.6)]
    assert trials.matched(spans, recording, Phrase) == [(1.0, 1.5), None, None, (5.0, 5.5)]


def test_auc_counts_pairs():
    assert trials.auc([0.9, 0.5], [0.5, 0.1]) == pytest.approx((1 + 1 + 0.5 + 1) / 4)


def test_the_regression_finds_the_weights_that_made_the_data():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40_000, 2)) * [1.0, 5.0] + [0.0, 3.0]
    right = rng.random(40_000) < 1 / (1 + np.exp(-(0.5 + features @ [1.0, -0.4])))
    bias, weights = fit_search.logistic(features, right.astype(float))
    assert bias == pytest.approx(0.5, abs=0.1)
    assert weights == pytest.approx([1.0, -0.4], abs=0.05)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Utterances of two speakers as manifest and tar, and two recordings with truth files."""
    rows = []
    with tarfile.open(tmp_path / "dev.tar", "w") as files:
        for speaker, texts in TEXTS.items():
            words, samples, parts, at = [], [], [], 0.0
            for number, text in enumerate(texts):
                file = io.BytesIO()
                samples = np.concatenate([silence(0.3), say(text), silence(0.3)])
                sf.write(file, samples, RATE, format="WAV")
                entry = tarfile.TarInfo(f"{speaker}/{number}.wav")
                entry.size = len(file.getvalue())
                file.seek(0)
                files.addfile(entry, file)
                rows.append({"path": entry.name, "text_norm": text, "speaker": speaker})
                start = at + 0.3
                for part in text.split():
                    end = start + len(say(part)) / RATE
                    words.append((number, {"text": part, "start": start, "end": end - 0.06}))
                    start = end
                parts.append(samples)
                at += len(samples) / RATE
            (tmp_path / speaker).mkdir()
            sf.write(tmp_path / speaker / "audio.wav", np.concatenate(parts), RATE)
            utterances = [{"words": [w for n, w in words if n == number]} for number in range(len(texts))]
            truth = {"audio": "audio.wav", "utterances": utterances}
            (tmp_path / speaker / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    for tool in (fit_search, measure_search):
        monkeypatch.setattr(tool, "load_model", lambda name: ToneModel())
    return tmp_path


def test_fit_and_measure_from_end_to_end(corpus, monkeypatch, capsys):
    out = corpus / "search.json"
    call = [
        "fit",
        str(corpus / "dev.jsonl"),
        str(corpus / "dev.tar"),
        "-o",
        str(out),
        "--count",
        "8",
        "--model",
        "tones",
    ]
    monkeypatch.setattr(sys, "argv", call)
    fit_search.main()
    calibration = read_calibration(out)
    assert set(calibration.weights) == set(FEATURES)
    assert calibration.model == "tones"
    assert "2 speakers; for each, 8 phrases" in calibration.fitted_on
    truths = [str(corpus / speaker / "truth.json") for speaker in TEXTS]
    capsys.readouterr()
    monkeypatch.setattr(
        sys, "argv", ["measure", *truths, "--calibration", str(out), "--count", "8", "--model", "tones"]
    )
    measure_search.main()
    printed = capsys.readouterr().out
    (row,) = [
        line for line in printed.split("\nall\n")[1].split("\nfrom 0.2")[0].splitlines() if "3 to 5 words |" in line
    ]
    occurrences, hits, precision, recall, auc = (float(cell) for cell in row.split("|")[2:7])
    assert occurrences == 16
    assert hits >= 14
    assert min(precision, recall) > 0.85
    assert auc > 0.95
    assert "right hits; starts: median 0.0" in printed
