"""Data stages of the Align With Purpose recipes on synthetic corpora: times, disjoint parts, errors in the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ctcalign.metrics import TimedWord
from egs.digits.awp.local import prepare as digits_data
from egs.librispeech.awp.local import prepare as librispeech
from egs.read_en.awp.local import prepare as read_en
from recipes.awp import word_times
from recipes.awp.cuts import SAMPLE_RATE, read_shar, speech_cut, timed_words, write_shar
from tests.egs.corpora import make_digits, make_librispeech, make_read


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("digits")
    make_digits(root, {"train": [0, 1, 2], "test": [3]})
    return root


def prepare_digits(digits: Path, out: Path, *more: object) -> None:
    arguments = ["--train", digits / "digits_train", "--test", digits / "digits_test", "--out", out]
    arguments += ["--strings", 6, 3, 4, "--dev-takes", 2, *more]
    digits_data.main(list(map(str, arguments)))


def test_digits_are_where_their_times_say(digits, tmp_path):
    prepare_digits(digits, tmp_path / "a", "--least-snr", 60, "--most-snr", 60)
    prepare_digits(digits, tmp_path / "b", "--least-snr", 60, "--most-snr", 60)
    counts = {}
    for part in ("train", "dev", "test"):
        cuts = list(read_shar(tmp_path / "a" / part))
        counts[part] = len(cuts)
        for cut, again in zip(cuts, read_shar(tmp_path / "b" / part), strict=True):
            words, samples = timed_words(cut), cut.load_audio()[0]
            assert np.array_equal(samples, again.load_audio()[0])  # the seed alone decides
            assert " ".join(w.text for w in words) == cut.supervisions[0].text
            assert 3 <= len(words) <= 8
            loud, edge = np.zeros(len(samples), bool), np.zeros(len(samples), bool)
            for word in words:
                first, last = int(word.start * SAMPLE_RATE), int(word.end * SAMPLE_RATE)
                loud[first:last] = True
                edge[first - 160 : first + 160] = edge[last - 160 : last + 160] = True  # times are on a grid of 10 ms
            loud, quiet = loud & ~edge, ~loud & ~edge
            assert np.sqrt(np.square(samples[loud]).mean()) > 20 * np.sqrt(np.square(samples[quiet]).mean())
            tempos = {round(0.3 / (w.end - w.start), 1) for w in words}
            assert tempos <= ({0.9, 1.0, 1.1} if part == "train" else {1.0})
    assert counts == {"train": 6, "dev": 3, "test": 4}


def test_bare_digits_are_in_train_alone_and_have_no_silence_around_them(digits, tmp_path):
    prepare_digits(digits, tmp_path, "--bare", 1)
    for part, bare in (("train", True), ("dev", False), ("test", False)):
        for cut in read_shar(tmp_path / part):
            words = timed_words(cut)
            assert (len(words) == 1) == bare
            assert (words[0].start < 0.1 and cut.duration - words[-1].end < 0.1) == bare


def test_overlapping_takes_are_refused(digits, tmp_path):
    with pytest.raises(SystemExit, match="takes overlap"):
        prepare_digits(digits, tmp_path, "--test", digits / "digits_train")


def test_read_speech_is_split_by_speaker_and_gets_word_times(tmp_path, capsys):
    make_read(tmp_path, ["the cat sat", "a dog ran over"], {"train": ["a", "b", "c"], "dev": ["d"]})
    arguments = ["--train", tmp_path / "train.jsonl", "--test", tmp_path / "dev.jsonl", "--dev-speakers", 1]
    read_en.main(list(map(str, [*arguments, "--out", tmp_path / "out"])))
    speakers = {part: {c.supervisions[0].speaker for c in read_shar(tmp_path / "out" / part)} for part in
                ("train", "dev", "test")}  # fmt: skip
    assert speakers["test"] == {"d"}
    assert len(speakers["dev"]) == 1
    assert not speakers["dev"] & speakers["train"]
    cuts = list(read_shar(tmp_path / "out" / "test"))
    assert [c.supervisions[0].text for c in cuts] == ["the cat sat", "a dog ran over"]
    assert all(np.isnan(w.end) for c in cuts for w in timed_words(c))
    with pytest.raises(SystemExit, match="no utterances to write"):
        read_en.main(list(map(str, [*arguments, "--out", tmp_path / "few", "--most-characters", 1.0])))
    same = [*arguments[:3], tmp_path / "train.jsonl", *arguments[4:]]
    with pytest.raises(SystemExit, match="speakers are both in train and test"):
        read_en.main(list(map(str, [*same, "--out", tmp_path])))
    folder = tmp_path / "out" / "test"
    word_times.main(["--shar", str(folder), "--out", str(folder), "--device", "cpu"])
    assert "2 utterances, 0 not aligned; 7 words" in capsys.readouterr().err
    for cut in read_shar(folder):
        times = [(w.start, w.end) for w in timed_words(cut)]
        assert all(0 <= a < b <= cut.duration for a, b in times)
        assert times == sorted(times)
        assert all(np.isnan(w.end) for w in timed_words(cut, min_score=0.0))


def test_librispeech_by_lhotse(tmp_path):
    make_librispeech(
        tmp_path / "LibriSpeech", ["one two", "six"], ("train-clean-100", "dev-clean", "test-clean", "test-other")
    )
    arguments = ["--corpus", tmp_path / "LibriSpeech", "--out", tmp_path / "out", "--jobs", 1, "--train-parts"]
    librispeech.main(list(map(str, [*arguments, "train-clean-100"])))
    texts = {part: sorted(c.supervisions[0].text for c in read_shar(tmp_path / "out" / part)) for part in
             ("train", "dev", "test", "test-other")}  # fmt: skip
    assert texts == {part: ["one two", "one two", "six", "six"] for part in texts}


def test_words_have_no_times_if_the_alignment_has_another_text(tmp_path):
    samples = np.zeros(SAMPLE_RATE, np.float32)
    cut = speech_cut("x", samples, [TimedWord("one", 0.1, 0.5)], "one two", "s")
    assert all(np.isnan(w.end) for w in timed_words(cut))
    with pytest.raises(SystemExit, match="no utterances to write"):
        write_shar([], tmp_path / "empty")
    with pytest.raises(SystemExit, match="contains no Shar cuts"):
        list(read_shar(tmp_path))
