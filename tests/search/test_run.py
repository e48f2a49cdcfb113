"""Search on speech: on a language of tones, where everything is known, and on the bundled talk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.errors import UsageError
from ctcalign.models import load_model
from ctcalign.search.confidence import PhraseCalibration
from ctcalign.search.phrases import prepare_phrases
from ctcalign.search.run import SearchOptions, search_emission, search_phrases, spots_of
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY, Talk
from tests.aligner.tones import RATE, say, silence
from tests.search.talks import letters_model, search, write_talk

DEMO = Path(__file__).parents[2] / "egs" / "demo"


def test_every_occurrence_is_found_where_it_is_and_nothing_else(tmp_path):
    path, times = write_talk(tmp_path, 0.7, "the cat sat", 1.3, "on a mat", 0.4, "the cat sat", 0.5)
    found = search(path, ["the cat sat", "a mat", "the dog"])
    assert [len(hits) for hits in found.hits] == [2, 1, 0]
    for hit, (start, end) in zip(found.hits[0], (times[0], times[2]), strict=True):
        assert hit.start == pytest.approx(start, abs=0.03)
        assert hit.end == pytest.approx(end - 0.06, abs=0.04)  # without the pause after the last word
        assert hit.score == pytest.approx(0, abs=0.1)
        assert [word.text for word in hit.words] == ["the", "cat", "sat"]
        assert all(a.end <= b.start for a, b in zip(hit.words, hit.words[1:], strict=False))
    assert found.hits[1][0].start == pytest.approx(times[1][0] + 2 * 0.08 + 0.04, abs=0.05)


def test_numbers_are_found_in_the_reading_that_is_spoken(tmp_path):
    path, _ = write_talk(
        tmp_path, 0.3, "it was nineteen eighty four", 0.5, "one thousand nine hundred eighty four of them", 0.5
    )
    # Tones have no separators, which a reading of several words has: so its scores are low.
    hits = search(path, ["1984"], min_confidence=0.0, max_hits=2).hits[0]
    assert [hit.words[0].reading for hit in hits] == ["nineteen eighty four", "one thousand nine hundred eighty four"]


def test_a_part_of_a_longer_word_has_a_lower_confidence_than_the_word():
    talk = Talk(seed=2)
    inside, alone = talk.pause(1.0).say("bad pabcdem fog"), talk.say("bad abcd fog")
    emission = talk.emission(0.99)
    phrases = prepare_phrases(["abcd"], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")
    edges = PhraseCalibration("letters", 4.0, {"score": 10.0, "edges": 1.0})
    hits = search_emission(emission, phrases, letters_model(), edges, SearchOptions(min_confidence=0.0)).hits[0]
    first, second = (
        max((hit for hit in hits if start <= hit.start < end), key=lambda hit: hit.confidence)
        for start, end in (inside, alone)
    )
    assert second.confidence > 0.9
    assert first.confidence < 0.2


def test_a_phrase_is_not_divided_by_a_long_pause(tmp_path):
    path, _ = write_talk(tmp_path, 0.3, "good", 1.5, "evening", 0.5, "good", 0.6, "evening", 0.3)
    (hit,) = search(path, ["good evening"]).hits[0]
    assert hit.start > 2.0


def test_options_choose_the_hits_with_the_highest_confidence():
    talk = Talk(seed=4)
    text = talk.sentence(2)
    for _ in range(6):
        talk.say(text)
    emission = talk.emission(0.5)
    phrases = prepare_phrases([text], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")

    def hits(**options):
        options = SearchOptions(**options)
        return search_emission(emission, phrases, letters_model(), by_score, options).hits[0]

    by_score = PhraseCalibration("letters", 0.0, {"score": 1.0, "clarity": 1.0})
    ranked = sorted((hit.confidence for hit in hits(min_confidence=0.0)), reverse=True)
    assert len(set(ranked)) >= 6
    assert sorted((hit.confidence for hit in hits(min_confidence=0.0, max_hits=2)), reverse=True) == ranked[:2]
    assert [hit.confidence for hit in hits(min_confidence=ranked[0])] == ranked[:1]


def test_channels_are_searched_together(tmp_path):
    one, two = say("hello there"), say("good morning")
    left = np.concatenate([silence(0.3), one, silence(1.0 + len(two) / RATE)])
    right = np.concatenate([silence(0.8 + len(one) / RATE), two, silence(0.5)])
    sf.write(tmp_path / "call.wav", np.stack([left, right], 1), RATE, subtype="FLOAT")
    found = search(tmp_path / "call.wav", ["morning", "hello"], channel="all")
    assert [[hit.channel for hit in hits] for hits in found.hits] == [[1], [0]]


def test_the_same_hits_whatever_the_block(monkeypatch):
    talk = Talk(seed=3)
    texts = [talk.cue(talk.sentence(4)) for _ in range(12)]
    emission = talk.emission()
    phrases = prepare_phrases(texts[::3], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")
    whole = spots_of(emission, phrases)
    monkeypatch.setattr("ctcalign.search.run.BLOCK", 37)
    assert spots_of(emission, phrases) == whole
    for spots, (start, end) in zip(whole, talk.times[::3], strict=True):
        (best,) = sorted(spots, key=lambda spot: -spot.score)[:1]
        assert best.first * emission.frame_shift == pytest.approx(start, abs=0.05)
        assert best.stop * emission.frame_shift == pytest.approx(end, abs=0.15)


def test_a_word_without_symbols_is_bridged_and_named(tmp_path):
    path, _ = write_talk(tmp_path, 0.2, "one two three", 0.4)
    found = search(path, ["one 二 three"], romanise="never", min_confidence=0.0)
    assert any("二" in warning for warning in found.warnings)
    assert [word.text for word in found.hits[0][-1].words] == ["one", "二", "three"]


def test_a_wrong_phrase_is_refused_before_the_recording_is_opened():
    with pytest.raises(UsageError, match="phrase 'a': given twice"):
        search("nowhere.wav", ["a", " a"])


@pytest.mark.parametrize(("name", "value"), [("min_confidence", 1.5), ("max_hits", 0)])
def test_options_out_of_range(name, value):
    with pytest.raises(UsageError, match=f"{name}: got {value}"):
        SearchOptions(**{name: value})


def test_phrases_of_the_talk_are_found_where_they_are():
    present = ["harbour museum", "lighthouse", "112 steps", "1996", "two goats", "Margaret Hale", "asks for tea"]
    absent = ["monarch butterfly", "submarine", "seven hundred steps", "parliament", "good morning"]
    found = search_phrases(DEMO / "talk.ogg", [*present, *absent], load_model("builtin:en", "cpu"))
    cues = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["cues"]
    words = [word for cue in cues for word in cue.get("words", [])]
    plain = ["".join(c for c in word["text"].lower() if c.isalnum()) for word in words]
    for phrase, hits in zip(present, found.hits, strict=False):
        parts = phrase.lower().split()
        (first,) = [i for i in range(len(plain)) if plain[i : i + len(parts)] == parts]
        (hit,) = hits
        assert hit.start == pytest.approx(words[first]["start"], abs=0.15), phrase
        assert hit.end == pytest.approx(words[first + len(parts) - 1]["end"], abs=0.2), phrase
        assert hit.confidence > 0.7
    assert found.hits[len(present) :] == [[] for _ in absent]
    assert found.warnings == []
