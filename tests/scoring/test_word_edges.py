"""Tolerant bounds reach to the first and the last word of a true caption, where their times are known."""

from __future__ import annotations

import json

import pytest

from ctcalign.scoring.comparison import edge_errors
from ctcalign.scoring.files import read_timed

WORDS = [{"text": "good", "start": 1.3, "end": 1.6}, {"text": "evening", "start": 1.6, "end": 2.0}]
ROW = {"id": "u", "text": "good evening", "start": 1.0, "end": 2.2, "clip_start": 0.8, "clip_end": 2.5}


def errors(row, found, bounds, tmp_path, name="truth.json"):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"format": "ctcalign-truth/1", "utterances": [row]}), encoding="utf-8")
    [item] = read_timed(path)[0].cues
    return [round(error, 6) for error in edge_errors(item, found, bounds)]


@pytest.mark.parametrize(
    ("bounds", "found", "expected"),
    [
        ("tolerant", (1.3, 2.0), [0.0, 0.0]),
        ("tolerant", (0.8, 2.5), [0.0, 0.0]),
        ("tolerant", (1.4, 1.9), [0.1, -0.1]),
        ("tolerant", (0.7, 2.6), [-0.1, 0.1]),
        ("speech", (1.3, 2.0), [0.3, -0.2]),
        ("clip", (1.3, 2.0), [0.5, -0.5]),
    ],
)
@pytest.mark.parametrize("key", ["words_auto", "words"])
def test_between_the_border_of_the_clip_and_the_word(tmp_path, key, bounds, found, expected):
    assert errors({**ROW, key: WORDS}, found, bounds, tmp_path) == expected


def test_without_words_only_the_edges_of_the_sound(tmp_path):
    assert errors(ROW, (1.3, 2.0), "tolerant", tmp_path) == [0.3, -0.2]
    assert errors({**ROW, "word_start": 1.2, "word_end": 2.1}, (1.3, 2.0), "tolerant", tmp_path) == [0.1, -0.1]


def test_a_caption_takes_the_words_of_its_utterances_in_the_folder_above(tmp_path):
    caption = {"text": "good evening", "start": 1.0, "end": 2.2, "clip_start": 0.8, "clip_end": 2.5, "utt_ids": ["u"]}
    assert errors(caption, (1.3, 2.0), "tolerant", tmp_path, "captions/a.key.json") == [0.3, -0.2]
    document = {"format": "ctcalign-truth/1", "utterances": [{**ROW, "words_auto": WORDS}]}
    (tmp_path / "truth.json").write_text(json.dumps(document), encoding="utf-8")
    assert errors(caption, (1.3, 2.0), "tolerant", tmp_path, "captions/a.key.json") == [0.0, 0.0]
    # A caption that is a part of the utterance begins elsewhere: its first word is another one.
    part = {**caption, "start": 1.6}
    assert errors(part, (1.7, 2.0), "tolerant", tmp_path, "captions/a.key.json") == [0.1, 0.0]


@pytest.mark.parametrize("damage", [{"words": 5}, {"words": [7]}, {"utt_ids": 3}, {"utt_ids": [None]}, {"words": []}])
def test_damaged_words_are_none(tmp_path, damage):
    assert errors({**ROW, **damage}, (1.3, 2.0), "tolerant", tmp_path) == [0.3, -0.2]
