"""Hits of a search: times, and their forms as an alignment and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ctcalign.search.phrases import prepare_phrases
from ctcalign.search.run import SearchOptions, search_emission
from ctcalign.text.tokeniser import Tokeniser
from tests.aligner.spelled_emissions import VOCABULARY, Talk
from tests.search.talks import SURE, letters_model, search, write_talk


def test_the_hits_are_an_alignment_and_a_document(tmp_path):
    path, _ = write_talk(tmp_path, 0.4, "some words here", 1.2, "and words there", 0.4)
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


def test_times_far_into_a_recording_are_those_of_its_beginning():
    """The times depend on the neighbourhood of a hit only."""
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
    phrases = prepare_phrases([text], Tokeniser(VOCABULARY), "en", near.frame_shift, "letters")
    (one,), (two,) = (
        search_emission(emission, phrases, letters_model(), SURE, SearchOptions()).hits[0] for emission in (near, far)
    )
    assert one.start == pytest.approx(start - 0.16, abs=0.03)
    assert one.end == pytest.approx(end + 0.16, abs=0.03)
    assert two.start - one.start == pytest.approx(600.0, abs=1e-6)
    assert two.end - one.end == pytest.approx(600.0, abs=1e-6)
