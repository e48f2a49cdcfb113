"""align() end to end on the language of tones, where every time is known."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import align, captions_of
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import Cue
from ctcalign.errors import CaptionError, UsageError
from tests.aligner.tones import GAP, RATE, TONE, ToneModel, say, silence


@pytest.fixture
def recording(tmp_path):
    """Writes parts (texts to speak, or seconds of silence) and returns the path and the time of each text."""

    def write(*parts: str | float, channels: int = 1):
        pieces, times, at = [], [], 0
        for part in parts:
            piece = say(part) if isinstance(part, str) else silence(part)
            if isinstance(part, str):
                times.append((at / RATE, (at + len(piece)) / RATE))
            pieces.append(piece)
            at += len(piece)
        path = tmp_path / "talk.wav"
        sf.write(path, np.concatenate(pieces), RATE, subtype="FLOAT")
        return path, times

    return write


def test_cues_and_words_are_where_they_are_said(recording):
    path, times = recording(0.7, "the cat sat", 1.3, "on a mat", 0.4, "all day long", 0.9)
    result = align(path, ["The cat sat,", "on a mat", "ALL day long."], ToneModel())
    assert [cue.text for cue in result.cues] == ["The cat sat,", "on a mat", "ALL day long."]
    for cue, (start, end) in zip(result.cues, times, strict=True):
        assert cue.start == pytest.approx(start, abs=0.03)
        assert cue.end == pytest.approx(end - 0.06, abs=0.04)  # the last word's pause is no part of it
        assert cue.status == "aligned"
        assert cue.score is not None
        assert cue.score > -0.1
    assert [word.text for word in result.cues[0].words] == ["The", "cat", "sat,"]
    cat = result.cues[0].words[1]
    begin = 0.7 + 3 * (TONE + GAP) + 0.04
    assert cat.start == pytest.approx(begin, abs=0.05)
    assert cat.end == pytest.approx(begin + 3 * (TONE + GAP), abs=0.05)
    assert result.unwritten == []


def test_the_best_path_chooses_the_reading(recording):
    spoken = "it was nineteen eighty four"
    path, _ = recording(0.3, spoken, 0.5)
    year = align(path, ["It was 1984."], ToneModel()).cues[0].words[-1]
    assert year.text == "1984."
    assert year.reading == "nineteen eighty four"
    path, _ = recording(0.3, "it was one thousand nine hundred eighty four", 0.5)
    assert (
        align(path, ["It was 1984."], ToneModel()).cues[0].words[-1].reading == "one thousand nine hundred eighty four"
    )


def test_what_nobody_speaks_is_kept_and_timed_from_its_neighbours(recording):
    path, times = recording(0.2, "good evening", 2.0, "and welcome", 0.3)
    result = align(path, ["ANNA: Good evening", "[MUSIC]", "and welcome"], ToneModel())
    music = result.cues[1]
    assert music.status == "not_spoken"
    assert result.cues[0].end <= music.start < music.end <= result.cues[2].start
    assert music.end - music.start > 1.5
    label = result.cues[0].words[0]
    assert (label.text, label.status) == ("ANNA:", "not_spoken")
    assert result.cues[0].start == pytest.approx(times[0][0], abs=0.03)


def test_characters_without_symbols_are_bridged_counted_and_named(recording):
    path, _ = recording(0.2, "one two three", 0.4)
    result = align(path, ["one 二 three"], ToneModel(), options=AlignOptions(romanise="never"))
    bridged = result.cues[0].words[1]
    assert bridged.text == "二"
    assert bridged.reason.startswith("bridged")
    assert result.cues[0].words[0].end <= bridged.start < bridged.end <= result.cues[0].words[2].start
    assert any("二" in warning for warning in result.warnings)


def test_every_cue_and_word_of_the_input_comes_out_once(recording):
    path, _ = recording(0.2, "a b c", 0.5, "d e", 0.3)
    cues = [Cue(0, "♪ a <i>b</i> c ♪", 5.0, 6.0, speaker="x"), Cue(1, ""), Cue(2, "(sighs)"), Cue(3, "d -- e", id="k")]
    result = align(path, cues, ToneModel())
    assert [cue.index for cue in result.cues] == [0, 1, 2, 3]
    assert [cue.text for cue in result.cues] == [cue.text for cue in cues]
    for cue in result.cues:
        assert "".join(word.text for word in cue.words).replace(" ", "") == cue.text.replace(" ", "")
    assert (result.cues[0].input_start, result.cues[0].speaker, result.cues[3].id) == (5.0, "x", "k")
    edges = [t for cue in result.cues for t in (cue.start, cue.end)]
    assert edges == sorted(edges)


def test_speech_that_no_cue_covers_is_listed(recording):
    path, times = recording(0.2, "first words", 1.0, "nobody wrote this down", 1.5, "last words", 0.3)
    result = align(path, ["first words", "last words"], ToneModel())
    assert len(result.unwritten) == 1
    assert result.unwritten[0][0] == pytest.approx(times[1][0], abs=0.1)
    assert result.unwritten[0][1] == pytest.approx(times[1][1], abs=0.15)


def test_all_channels_are_aligned_on_one_clock(tmp_path):
    one, two = say("hello there"), say("good morning")
    left = np.concatenate([silence(0.3), one, silence(1.0 + len(two) / RATE)])
    right = np.concatenate([silence(0.8 + len(one) / RATE), two, silence(0.5)])
    sf.write(tmp_path / "call.wav", np.stack([left, right], 1), RATE, subtype="FLOAT")
    result = align(
        tmp_path / "call.wav", ["hello there", "good morning"], ToneModel(), options=AlignOptions(channel="all")
    )
    assert [cue.channel for cue in result.cues] == [0, 1]
    assert result.cues[1].start == pytest.approx(0.8 + len(one) / RATE, abs=0.03)


def test_of_much_too_much_text_what_is_said_is_found(recording):
    path, times = recording(0.2, "a few words", 0.2)
    cues = align(path, ["a few words"] * 30, ToneModel()).cues
    (placed,) = [cue for cue in cues if cue.status == "aligned"]
    assert placed.start == pytest.approx(times[0][0], abs=0.05)


def test_too_much_text_is_one_clear_error_where_all_of_it_must_be_said(recording):
    path, _ = recording(0.2, "a few words", 0.2)
    with pytest.raises(CaptionError, match=r"words do not fit into 1\.\d s of audio.*check that the captions belong"):
        align(path, ["a few words"] * 30, ToneModel(), options=AlignOptions(skips=None))


def test_nothing_spoken_and_nothing_sayable(recording):
    path, _ = recording(0.2, "a", 0.2)
    with pytest.raises(CaptionError, match="the 2 cues contain no spoken word"):
        align(path, ["[MUSIC]", "♪"], ToneModel())
    with pytest.raises(CaptionError, match="tones has symbols for none of the 2 words"):
        align(path, ["二三"], ToneModel(), options=AlignOptions(romanise="never"))
    with pytest.raises(UsageError, match="method: got 'magic'"):
        align(path, ["a"], ToneModel(), method="magic")
    with pytest.raises(CaptionError, match="empty list"):
        align(path, [], ToneModel())


def test_the_result_saves_and_transcribe_recognises_the_words(recording, tmp_path):
    path, times = recording(0.4, "some words here", 1.2, "and there", 0.4)
    result = ctcalign.align(path, ["some words here", "and there"], ToneModel(), options=AlignOptions(tokens=True))
    result.save(tmp_path / "talk.json")
    document = json.loads((tmp_path / "talk.json").read_text())
    assert document["schema"] == "ctcalign/alignment/1"
    assert [t["text"] for t in document["cues"][1]["words"][0]["tokens"]] == ["a", "n", "d"]
    for decoder in ("greedy", "beam"):
        transcript = ctcalign.transcribe(path, ToneModel(), decoder=decoder)
        assert "".join(cue.text for cue in transcript.cues).replace(" ", "") == "somewordshereandthere"
        assert len(transcript.cues) == 2
        assert transcript.cues[1].start == pytest.approx(times[1][0], abs=0.05)


def test_a_line_in_other_letters_is_kept_but_not_spoken(recording):
    path, times = recording(0.7, "the cat sat", 1.3, "on a mat", 0.4, "all day long", 0.9)
    texts = ["The cat sat,\nКот сидел,", "on a mat\nна коврике", "ALL day long.\nвесь день."]
    result = align(path, texts, ToneModel())
    for cue, (start, end), text in zip(result.cues, times, texts, strict=True):
        assert (cue.text, cue.status) == (text, "aligned")
        assert (cue.start, cue.end) == (pytest.approx(start, abs=0.03), pytest.approx(end - 0.06, abs=0.04))
        assert [word.status for word in cue.words[-2:]] == ["not_spoken"] * 2
    assert sum("bilingual" in warning for warning in result.warnings) == 1


def test_a_translation_as_a_caption_of_its_own_has_the_times_of_the_original(recording):
    path, _ = recording(0.7, "the cat sat", 1.3, "on a mat", 0.9)
    old = [(0.5, 2.0), (3.0, 4.0)]
    texts = ["The cat sat,", "Кот сидел,", "on a mat", "на коврике"]
    cues = [Cue(i, text, *old[i // 2]) for i, text in enumerate(texts)]
    found = align(path, cues, ToneModel()).cues
    assert [cue.status for cue in found] == ["aligned", "not_spoken"] * 2
    assert found[1].span == found[0].span is not None
    assert found[3].span == found[2].span is not None


def test_captions_in_any_form_are_the_same_captions():
    path = Path(__file__).parents[2] / "egs" / "demo" / "talk.srt"
    data = path.read_bytes()
    expected = [cue.text for cue in captions_of(path, None, "talk").cues]
    again = Alignment("", 9.0, "m", [AlignedCue(7, text) for text in expected])
    for given in (data, io.BytesIO(data), io.StringIO(data.decode()), again):
        assert [(cue.index, cue.text) for cue in captions_of(given, None, "talk").cues] == list(enumerate(expected))
    with path.open(encoding="utf-8") as file:
        assert [cue.text for cue in captions_of(file, None, "talk").cues] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [("one\ntwo", r"a text of 2 lines, expected a path; .*io\.StringIO"), (7, "got int, expected a path")],
)
def test_what_is_no_captions_is_named(given, message):
    with pytest.raises(UsageError, match=message):
        captions_of(given, None, "talk")
