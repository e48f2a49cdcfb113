"""Reviewed alignments as ground truth: which parts of a recording, and which captions."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile as sf

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.calibration.reviewed import reviewed_parts
from ctcalign.calibration.sets import read_sets
from ctcalign.errors import CaptionError

RATE = 16_000


def alignment(*verdicts: str | None, audio: str = "talk.wav") -> Alignment:
    """Captions of two words and 0.8 s, one each second from 1 s on."""
    cues = []
    for number, verdict in enumerate(verdicts):
        start = 1.0 + number
        words = [AlignedWord("one", start, start + 0.3), AlignedWord(f"n{number}", start + 0.4, start + 0.8)]
        cue = AlignedCue(number, f"one n{number}", start, start + 0.8, words=words, speaker="Ann", reviewed=verdict)
        if verdict == "rejected":
            cue.start = cue.end = None
            cue.status = "not_spoken"
        cues.append(cue)
    return Alignment(audio, 12.0, "builtin:en", cues)


def rows(*verdicts: str | None):
    return [(pytest.approx(tuple(part.span)), part.cues) for part in reviewed_parts(alignment(*verdicts))]


def test_a_whole_recording_is_used_if_all_of_it_was_reviewed():
    assert rows("accepted", "rejected", "corrected") == [((0.0, 12.0), (0, 2))]


def test_parts_end_in_the_middle_of_the_pause_to_a_caption_that_was_not_reviewed():
    assert rows(None, "accepted", "corrected", None, None, "accepted", None) == [
        ((1.9, 3.9), (1, 2)),
        ((5.9, 6.9), (5,)),
    ]


def test_parts_at_the_ends_of_a_recording_have_half_a_second_around_them():
    assert rows("accepted", None, "accepted") == [((0.5, 1.9), (0,)), ((2.9, 4.3), (2,))]


def test_a_rejected_caption_inside_of_a_part_is_speech_without_a_caption():
    assert rows("accepted", "rejected", "accepted", None) == [((0.5, 3.9), (0, 2))]
    assert rows("rejected", None, "rejected") == []


def test_notes_do_not_count():
    found = alignment("accepted", None, "accepted")
    found.cues[1].text, found.cues[1].status = "[MUSIC]", "not_spoken"
    assert [part.cues for part in reviewed_parts(found)] == [(0, 2)]


def test_a_part_that_an_unreviewed_caption_overlaps_is_left_out():
    found = alignment("accepted", None, None)
    found.cues[2].start, found.cues[2].end = 1.5, 1.7
    assert reviewed_parts(found) == []


@pytest.fixture
def folder(tmp_path):
    samples = np.arange(12 * RATE) / (12 * RATE)  # so that each sample tells its time
    sf.write(tmp_path / "talk.wav", samples, RATE, "FLOAT")
    return tmp_path


def test_the_parts_are_joined(folder):
    alignment("accepted", "accepted", None, None, "corrected", "accepted").to_json(folder / "talk.json")
    [found] = read_sets([folder / "talk.json"])
    assert (found.name, found.group) == ("talk", "Ann")
    samples, utterances = found.load(RATE)
    assert len(samples) == round((2.9 - 0.5 + 7.3 - 4.9) * RATE)
    assert [one.text for one in utterances] == ["one n0", "one n1", "one n4", "one n5"]
    for one, true in zip(utterances, (1.0, 2.0, 5.0, 6.0), strict=True):
        assert samples[round(one.start * RATE)] * 12 == pytest.approx(true, abs=1e-3)
        assert one.end - one.start == pytest.approx(0.8)
        assert one.words is not None
        assert one.words[1] == pytest.approx((one.start + 0.4, one.start + 0.8))


def test_edits_are_applied_to_the_alignment_beside_them(folder):
    plain = alignment(None, None, None, None, None)
    plain.to_json(folder / "talk.json")
    import hashlib

    digest = hashlib.sha256((folder / "talk.json").read_bytes()).hexdigest()
    entries = [
        {
            "from": [cue.index],
            "text": cue.text,
            "start": cue.start,
            "end": cue.end,
            "verdict": "accepted",
            "words": [{"text": word.text, "start": word.start, "end": word.end} for word in cue.words],
        }
        for cue in plain.cues[:4]
    ]
    about = {"name": "talk.json", "sha256": digest, "audio": "talk.wav", "cues": 5}
    document = {"schema": "ctcalign/edits/1", "alignment": about, "cues": entries}
    path = folder / "talk.edits.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    [found] = read_sets([path])
    assert len(found.load(RATE)[1]) == 4
    [pair] = read_sets([], [(folder / "talk.wav", path)])
    assert len(pair.load(RATE)[1]) == 4
    about["name"] = "../talk.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CaptionError, match=r"alignment.name: is '../talk.json', expected the name of a file beside"):
        read_sets([path])


def test_what_cannot_be_used_is_said(folder):
    alignment("accepted", None, "accepted").to_json(folder / "few.json")
    with pytest.raises(
        CaptionError, match="only 2 captions were accepted or corrected in a review, expected at least 4"
    ):
        read_sets([folder / "few.json"])
    alignment(None, None).to_json(folder / "none.json")
    with pytest.raises(CaptionError, match=r"none.json: no cue of this alignment was reviewed"):
        read_sets([folder / "none.json"])
    alignment(*["accepted"] * 5, audio="lost.wav").to_json(folder / "lost.json")
    with pytest.raises(CaptionError, match=r"its recording lost.wav does not exist; give --pair AUDIO lost.json"):
        read_sets([folder / "lost.json"])
