"""Captions made wrong on purpose: the key must tell the truth about them."""

from __future__ import annotations

import pytest

from ctcalign.calibration.corruptions import KINDS, WORD_RATES, corrupt
from ctcalign.calibration.truth import Utterance
from ctcalign.errors import UsageError

SAID = [
    Utterance(
        f"we saw {number} ships near harbour wall number {number} that day.",
        10.0 * i,
        10.0 * i + 5,
        tuple((10 * i + 0.4 * k, 10 * i + 0.4 * k + 0.3) for k in range(11)),
    )
    for i, number in enumerate(["two", "three", "four", "five", "six", "seven"] * 8)
]
OTHERS = ["Kites flew over meadows", "Nobody answered him"]


def plain(text: str) -> list[str]:
    return [word.strip(".").lower() for word in text.split()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_tells_all(kind):
    assert corrupt(SAID, kind, 3, OTHERS) == corrupt(SAID, kind, 3, OTHERS)
    if kind not in ("exact", "casing", "digits", "split"):
        assert corrupt(SAID, kind, 3, OTHERS) != corrupt(SAID, kind, 4, OTHERS)


@pytest.mark.parametrize("kind", KINDS)
def test_exact_cues_are_what_is_said_where_it_is_said(kind):
    everything = [word for utterance in SAID for word in plain(utterance.text)]
    digits = dict(zip("2 3 4 5 6 7".split(), "two three four five six seven".split(), strict=True))
    for number, key in enumerate(corrupt(SAID, kind, 1, OTHERS)):
        assert key.cue.index == number
        assert key.cue.text == " ".join(word.text for word in key.words) or not key.words
        if not key.spoken:
            assert not key.exact
            continue
        inside = [u for u in SAID if u.start < key.end and key.start < u.end]
        said = [w for u in inside for w, (a, b) in zip(plain(u.text), u.words, strict=True) if key.start <= a < key.end]
        written = [digits.get(word, word) for word in plain(key.cue.text)]
        if key.exact:
            assert written == said
        elif kind not in ("shifted",):
            assert written != said
        assert len(everything) == 528


@pytest.mark.parametrize("kind", WORD_RATES)
def test_word_noise_has_its_rate_and_marks_every_error(kind):
    keys = corrupt(SAID, kind, 1, OTHERS)
    errors = 0
    for key, utterance in zip(keys, SAID, strict=True):
        kept = [word for word in key.words if word.spoken]
        places = [utterance.words.index(word.place) for word in kept]  # true words keep their times
        assert [word.text for word in kept] == [utterance.text.split()[place] for place in places]
        assert places == sorted(places)
        inserted = len(key.words) - len(kept)
        left_out = 11 - len(kept)
        assert key.exact is (inserted == left_out == 0)
        # Words missing between two kept neighbours, nothing written in their place: a hole.
        for before, word in zip(key.words, key.words[1:], strict=False):
            if before.spoken and word.spoken:
                gap = utterance.words.index(word.place) - utterance.words.index(before.place)
                assert word.hole is (gap > 1)
        errors += max(inserted, left_out)
    assert abs(errors / 528 - WORD_RATES[kind]) < 0.06


def test_right_looks_at_text_and_both_ends():
    [key] = corrupt([Utterance("a b", 1.0, 3.0, clip=(0.5, 3.2))], "exact")
    assert key.right(1.4, 3.4, 0.5)
    assert key.right(0.1, 3.6, 0.5)  # in the silence of the clip nothing is off
    assert not key.right(1.6, 3.0, 0.5)
    assert not key.right(1.0, 3.8, 0.5)
    assert not key.right(None, None, 0.5)
    [bare] = corrupt([Utterance("a b", 1.0, 3.0)], "exact")
    assert not bare.right(0.1, 3.0, 0.5)


def test_captions_that_nobody_says_come_from_the_other_texts():
    keys = corrupt(SAID, "extra", 1, OTHERS)
    added = [key.cue.text for key in keys if not key.spoken]
    assert set(added) == set(OTHERS)
    assert len(added) == pytest.approx(0.3 * len(SAID), abs=6)


def test_what_cannot_be_used_is_told():
    with pytest.raises(UsageError, match="kind: got 'typos', expected one of exact, casing"):
        corrupt(SAID, "typos")
    with pytest.raises(UsageError, match="utterances: got none"):
        corrupt([], "exact")
