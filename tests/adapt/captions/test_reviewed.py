"""Captions that a person has reviewed: what of them is trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctcalign.adapt.captions.corpus import Talk, read_cues
from ctcalign.adapt.captions.phrases import AFTER_MISSING, CUE, REVIEWED, phrases_of
from ctcalign.adapt.captions.recognised import CAPTION
from ctcalign.adapt.captions.reviewed import trust_reviewed
from ctcalign.adapt.captions.selection import ELSEWHERE, LEFT_OUT, select
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.steps.rejected import _wrong
from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment


def reviewed() -> Alignment:
    cues = [
        AlignedCue(0, "zero", 0.0, 1.0, reviewed="accepted"),
        AlignedCue(1, "one", None, None, "not_spoken", reviewed="rejected"),
        AlignedCue(2, "two", 2.0, 3.0, speaker="Ann", reviewed="corrected"),
        AlignedCue(3, "three", 3.0, 4.0),
    ]
    return Alignment("talk.wav", 5.0, "builtin:en", cues)


def test_rejected_captions_are_no_captions(tmp_path):
    reviewed().to_json(tmp_path / "talk.json")
    cues = read_cues(tmp_path / "talk.json", "talk", "en")
    assert [(cue.index, cue.text, cue.speaker, cue.attributes) for cue in cues] == [
        (0, "zero", None, {REVIEWED: [0.0, 1.0]}),
        (1, "two", "Ann", {REVIEWED: [2.0, 3.0]}),
        (2, "three", None, {}),
    ]


def test_captions_that_nobody_reviewed_are_read_as_before(tmp_path):
    plain = reviewed()
    for cue in plain.cues:
        cue.reviewed = None
    plain.to_json(tmp_path / "talk.json")
    assert [cue.text for cue in read_cues(tmp_path / "talk.json", "talk", "en")] == ["zero", "one", "two", "three"]


def test_phrases_inherit_the_times_of_their_caption():
    words = [AlignedWord("a", 0.0, 0.4), AlignedWord("b", 0.8, 1.0)]
    cue = AlignedCue(0, "a b", 0.0, 1.0, words=words, attributes={REVIEWED: [0.0, 1.0]})
    assert [(phrase.text, phrase.attributes[REVIEWED]) for phrase in phrases_of([cue])] == [
        ("a", [0.0, 1.0]),
        ("b", [0.0, 1.0]),
    ]


def phrase(index: int, start: float, confidence: float, **more) -> AlignedCue:
    attributes = {CUE: index, AFTER_MISSING: False, **more}
    word = AlignedWord("a", start, start + 1.0)
    return AlignedCue(
        index, "a", start, start + 1.0, words=[word], confidence=confidence, score=-1.0, attributes=attributes
    )


@pytest.mark.parametrize(("start", "inside"), [(4.6, True), (5.4, True), (4.4, False), (5.6, False)])
def test_a_phrase_is_trusted_where_the_review_has_its_caption(start, inside):
    """Within 0.5 s."""
    own = phrase(0, start, 0.2, **{REVIEWED: [5.0, 6.0]})
    trust_reviewed([own])
    assert own.attributes[REVIEWED] is inside
    assert own.confidence == (1.0 if inside else 0.2)


def selected(tmp_path, options: AdaptOptions):
    phrases = [
        phrase(0, 0.0, 0.01, **{REVIEWED: [0.0, 1.0]}),  # accepted, unsure
        phrase(1, 2.0, 0.99, **{REVIEWED: [7.0, 8.0]}),  # accepted, elsewhere
        phrase(2, 4.0, 0.97),
        phrase(3, 6.0, 0.3),
        phrase(4, 8.0, 0.2, **{REVIEWED: [8.0, 9.0]}),  # accepted, left out
    ]
    trust_reviewed(phrases)
    Alignment("talk.wav", 20.0, "builtin:en", phrases).to_json(tmp_path / "talk.json")
    talk = Talk("talk", "talk", Path("a.flac"), Path("a.srt"), 20.0, 5, (4,), "digest")
    return select([talk], tmp_path, options)


def test_accepted_captions_are_kept_whatever_their_confidence(tmp_path):
    found = selected(tmp_path, AdaptOptions(precision=0.95))
    assert [row["index"] for row in found.kept] == [0, 2]
    reasons = {row["index"]: row["reason"] for row in found.dropped}
    assert reasons[1] == ELSEWHERE
    assert reasons[3].startswith("confidence below")
    assert reasons[4] == LEFT_OUT


def test_what_a_person_judged_does_not_lower_the_limit_of_the_others(tmp_path):
    """The phrase of 0.01 would; confidences of the report are those of the model alone."""
    found = selected(tmp_path, AdaptOptions(precision=0.95))
    assert found.limit == 0.97
    assert found.confidences == [0.97, 0.3]


def test_accepted_captions_are_kept_where_no_other_is_sure_enough(tmp_path):
    found = selected(tmp_path, AdaptOptions(precision=0.999))
    assert found.limit is None
    assert [row["index"] for row in found.kept] == [0]


def test_an_accepted_caption_is_never_the_rejected_text_of_a_pair():
    about = {"text": "a", "confidence": 0.1, "stretch": [0.0, 2.0], "recognised": "b"}
    rows = [
        {"attributes": {CUE: 0, CAPTION: about}},
        {"attributes": {CUE: 1, CAPTION: about, REVIEWED: True}},
        {"attributes": {CUE: 2, CAPTION: about, REVIEWED: False}},
    ]
    talk = Talk("talk", "talk", Path("a.flac"), Path("a.srt"), 20.0, 3, (), "digest")
    assert [cue for cue, _ in _wrong(talk, {"cues": rows})] == [0]
