"""Search on speech: on the language of tones, where everything is known, and on the bundled talk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from ctcalign.errors import CaptionError, UsageError
from ctcalign.models import load_model
from ctcalign.search.confidence import PhraseCalibration
from ctcalign.search.evidence import FEATURES, evidence
from ctcalign.search.phrases import prepared
from ctcalign.search.run import SearchOptions, looked_at, search_emission, search_phrases, spots_of
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY, Talk
from tests.aligner.tones import RATE, ToneModel, say, silence

DEMO = Path(__file__).parents[2] / "egs" / "demo"
SURE = PhraseCalibration("tones", 4.0, {"score": 10.0})  # tones are heard as they are or not at all


@pytest.fixture
def recording(tmp_path):
    """Writes texts to say and seconds of silence; gives the path and when each text is said."""

    def write(*parts):
        pieces, times, at = [], [], 0
        for part in parts:
            piece = say(part) if isinstance(part, str) else silence(part)
            if isinstance(part, str):
                times.append((at / RATE, (at + len(piece)) / RATE))
            pieces.append(piece)
            at += len(piece)
        sf.write(tmp_path / "talk.wav", np.concatenate(pieces), RATE, subtype="FLOAT")
        return tmp_path / "talk.wav", times

    return write


def search(path, phrases, **options):
    return search_phrases(path, phrases, ToneModel(), options=SearchOptions(**options), calibration=SURE)


def test_every_occurrence_is_found_where_it_is_and_nothing_else(recording):
    path, times = recording(0.7, "the cat sat", 1.3, "on a mat", 0.4, "the cat sat", 0.5)
    found = search(path, ["the cat sat", "a mat", "the dog"])
    assert [len(hits) for hits in found.hits] == [2, 1, 0]
    for hit, (start, end) in zip(found.hits[0], (times[0], times[2]), strict=True):
        assert hit.start == pytest.approx(start, abs=0.03)
        assert hit.end == pytest.approx(end - 0.06, abs=0.04)  # the last word's pause is no part of it
        assert hit.score == pytest.approx(0, abs=0.1)
        assert [word.text for word in hit.words] == ["the", "cat", "sat"]
        assert all(a.end <= b.start for a, b in zip(hit.words, hit.words[1:], strict=False))
    assert found.hits[1][0].start == pytest.approx(times[1][0] + 2 * 0.08 + 0.04, abs=0.05)


def test_numbers_are_found_in_the_reading_that_was_said(recording):
    path, _ = recording(0.3, "it was nineteen eighty four", 0.5, "one thousand nine hundred eighty four of them", 0.5)
    # Tones have no separators, which a reading of several words has: so its scores are low.
    hits = search(path, ["1984"], min_confidence=0.0, max_hits=2).hits[0]
    assert [hit.words[0].reading for hit in hits] == ["nineteen eighty four", "one thousand nine hundred eighty four"]


def test_a_part_of_a_longer_word_is_less_sure_than_the_word():
    talk = Talk(seed=2)
    inside, alone = talk.pause(1.0).say("bad pabcdem fog"), talk.say("bad abcd fog")
    emission = talk.emission(0.99)
    phrases = prepared(["abcd"], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")
    edges = PhraseCalibration("letters", 4.0, {"score": 10.0, "edges": 1.0})
    hits = search_emission(emission, phrases, letters_model(), edges, SearchOptions(min_confidence=0.0)).hits[0]
    first, second = (
        max((hit for hit in hits if start <= hit.start < end), key=lambda hit: hit.confidence)
        for start, end in (inside, alone)
    )
    assert second.confidence > 0.9
    assert first.confidence < 0.2


def test_a_phrase_is_said_in_one_go(recording):
    path, _ = recording(0.3, "good", 1.5, "evening", 0.5, "good", 0.6, "evening", 0.3)
    (hit,) = search(path, ["good evening"]).hits[0]
    assert hit.start > 2.0


def test_options_choose_the_surest_hits():
    talk = Talk(seed=4)
    text = talk.sentence(2)
    for _ in range(6):
        talk.say(text)
    emission = talk.emission(0.5)
    phrases = prepared([text], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")

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


def test_the_hits_are_an_alignment_and_a_document(recording, tmp_path):
    path, _ = recording(0.4, "some words here", 1.2, "and words there", 0.4)
    found = search(path, ["words there", "words", "none"])
    alignment = found.alignment()
    assert [(cue.index, cue.text, cue.id) for cue in alignment.cues[:1]] == [(0, "words", "2")]
    assert sorted(cue.text for cue in alignment.cues) == ["words", "words", "words there"]
    assert [cue.start for cue in alignment.cues] == sorted(cue.start for cue in alignment.cues)
    assert all(0 <= cue.start < cue.end <= alignment.duration for cue in alignment.cues)
    alignment.save(tmp_path / "hits.srt")
    assert (tmp_path / "hits.srt").read_text(encoding="utf-8").count("-->") == 3
    document = json.loads(json.dumps(found.to_dict()))
    assert document["schema"] == "ctcalign/search/1"
    assert [len(row["hits"]) for row in document["phrases"]] == [1, 2, 0]
    assert document["phrases"][0]["hits"][0]["words"][1]["text"] == "there"


def test_the_same_hits_whatever_the_block(monkeypatch):
    talk = Talk(seed=3)
    texts = [talk.cue(talk.sentence(4)) for _ in range(12)]
    emission = talk.emission()
    phrases = prepared(texts[::3], Tokeniser(VOCABULARY), "en", emission.frame_shift, "letters")
    whole = spots_of(emission, phrases)
    monkeypatch.setattr("ctcalign.search.run.BLOCK", 37)
    assert spots_of(emission, phrases) == whole
    for spots, (start, end) in zip(whole, talk.times[::3], strict=True):
        (best,) = sorted(spots, key=lambda spot: -spot.score)[:1]
        assert best.first * emission.frame_shift == pytest.approx(start, abs=0.05)
        assert best.stop * emission.frame_shift == pytest.approx(end, abs=0.15)


def letters_model():
    model = ToneModel()
    model.name, model.vocabulary = "letters", VOCABULARY
    return model


def test_times_far_into_a_recording_are_those_of_its_beginning():
    """Only the neighbourhood of a hit is looked at, so its place in the recording makes no difference."""
    talk = Talk(seed=1)
    text = talk.sentence(3)
    start, end = talk.pause(12.0).say(text)
    near = talk.pause(12.0).emission(0.99)
    energy = np.full(2 * len(near.log_probs), -20.0, np.float32)
    energy[round((start - 0.16) / 0.01) : round((end + 0.16) / 0.01)] = -3.0
    blank = np.full((30_000, len(VOCABULARY)), -9.0, np.float32)
    blank[:, 0] = -0.01
    near = replace(near, energy=energy)
    far = replace(
        near,
        log_probs=np.concatenate([blank, near.log_probs]),
        energy=np.concatenate([np.full(60_000, -20.0, np.float32), energy]),
        audio_seconds=near.audio_seconds + 600.0,
    )
    phrases = prepared([text], Tokeniser(VOCABULARY), "en", near.frame_shift, "letters")
    (one,), (two,) = (
        search_emission(emission, phrases, letters_model(), SURE, SearchOptions()).hits[0] for emission in (near, far)
    )
    assert one.start == pytest.approx(start - 0.16, abs=0.03)
    assert one.end == pytest.approx(end + 0.16, abs=0.03)
    assert two.start - one.start == pytest.approx(600.0, abs=1e-6)
    assert two.end - one.end == pytest.approx(600.0, abs=1e-6)


def test_what_is_unsayable_in_part_is_bridged_and_named(recording):
    path, _ = recording(0.2, "one two three", 0.4)
    found = search(path, ["one 二 three"], romanise="never", min_confidence=0.0)
    assert any("二" in warning for warning in found.warnings)
    assert [word.text for word in found.hits[0][-1].words] == ["one", "二", "three"]


@pytest.mark.parametrize(
    ("phrases", "error", "message"),
    [
        ([], UsageError, "phrases: got none"),
        (["a", "  "], UsageError, r"phrase 2: got '  ', expected a word"),
        (["a", " a"], UsageError, "phrase 'a': given twice"),
        ("cat", UsageError, "got one text, 'cat'; give a list"),
        (["[MUSIC]"], CaptionError, r"phrase '\[MUSIC\]': nothing in it is spoken"),
        (["二三"], CaptionError, "phrase '二三': tones has no symbols for it; choose a model of its language"),
    ],
)
def test_phrases_that_cannot_be_searched(phrases, error, message):
    with pytest.raises(error, match=message):
        search("nowhere.wav", phrases, romanise="never")


@pytest.mark.parametrize(("name", "value"), [("min_confidence", 1.5), ("max_hits", 0)])
def test_options_out_of_range(name, value):
    with pytest.raises(UsageError, match=f"{name}: got {value}"):
        SearchOptions(**{name: value})


def test_phrases_of_the_talk_are_found_where_they_are():
    said = ["harbour museum", "lighthouse", "112 steps", "1996", "two goats", "Margaret Hale", "asks for tea"]
    unsaid = ["monarch butterfly", "submarine", "seven hundred steps", "parliament", "good morning"]
    found = search_phrases(DEMO / "talk.ogg", [*said, *unsaid], load_model("builtin:en", "cpu"))
    cues = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["cues"]
    words = [word for cue in cues for word in cue.get("words", [])]
    plain = ["".join(c for c in word["text"].lower() if c.isalnum()) for word in words]
    for phrase, hits in zip(said, found.hits, strict=False):
        parts = phrase.lower().split()
        (first,) = [i for i in range(len(plain)) if plain[i : i + len(parts)] == parts]
        (hit,) = hits
        assert hit.start == pytest.approx(words[first]["start"], abs=0.15), phrase
        assert hit.end == pytest.approx(words[first + len(parts) - 1]["end"], abs=0.2), phrase
        assert hit.confidence > 0.7
    assert found.hits[len(said) :] == [[] for _ in unsaid]
    assert found.warnings == []


def test_evidence_of_what_is_said_and_of_what_is_not():
    talk = Talk(seed=5)
    talk.pause(1.0)
    text = talk.cue(talk.sentence(3))
    emission = talk.emission(0.99)
    tokeniser = Tokeniser(VOCABULARY)
    [there] = prepared([text], tokeniser, "en", emission.frame_shift, "letters")
    [spot] = sorted(spots_of(emission, [there])[0], key=lambda spot: -spot.score)[:1]
    seen = evidence(there, spot, emission)
    assert seen.score == pytest.approx(0.0, abs=1e-4)
    assert seen.score == pytest.approx(spot.score, abs=1e-4)
    assert (seen.errors, seen.symbols) == (0.0, len(text.replace(" ", "")))
    assert set(seen.features()) == set(FEATURES)
    middle = text.split()[1][:3]
    [part] = prepared([middle], tokeniser, "en", emission.frame_shift, "letters")
    [best] = sorted(looked_at(part, spots_of(emission, [part])[0], emission), key=lambda seen: -seen.score)[:1]
    assert best.score == pytest.approx(0.0, abs=1e-4)
    assert best.edges < seen.edges - 1  # the word goes on behind it
