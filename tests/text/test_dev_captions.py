"""What was really said in the development recordings is among the readings of their captions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctcalign.text.words import words_of

DEV = Path(__file__).parents[3] / "shared" / "data" / "dev"


def can_be_said(text: str, spoken: str) -> bool:
    """Whether the spoken words are a way to read the caption: some choice of one reading a word."""
    target = tuple(spoken.split())
    places = {0}
    for word in words_of(text, "en"):
        if word.spoken:
            places = {
                place + len(reading)
                for place in places
                for reading in word.readings
                if target[place : place + len(reading)] == reading
            }
    return len(target) in places


@pytest.mark.parametrize(("name", "rate"), [("digits", 0.99), ("casing", 1.0), ("exact", 1.0)])
def test_spoken_text_is_among_the_readings(name: str, rate: float) -> None:
    keys = sorted(DEV.glob(f"*/captions/{name}.key.json"))
    if not keys:
        pytest.skip("the development recordings (../shared/data/dev) are not beside the repository")
    cues = [(key.parts[-3], cue) for key in keys for cue in json.loads(key.read_text("utf-8"))["utterances"]]
    missed = [
        (d, c["text"], c["spoken_text_norm"]) for d, c in cues if not can_be_said(c["text"], c["spoken_text_norm"])
    ]
    assert len(cues) > 200
    assert 1 - len(missed) / len(cues) >= rate, missed
    print(f"{name}: {len(cues) - len(missed)} of {len(cues)}", missed)


def test_the_check_can_fail() -> None:
    assert can_be_said("In 1984, he", "in nineteen eighty four he")
    assert not can_be_said("In 1984, he", "in nineteen eighty five he")
    assert not can_be_said("In 1984, he", "in nineteen eighty four")
