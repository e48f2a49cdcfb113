"""Artificial caption errors: the ground truth must describe them exactly."""

from __future__ import annotations

import pytest

from ctcalign.calibration.corruptions import KINDS, WORD_RATES, corrupt
from ctcalign.calibration.truth import Utterance
from ctcalign.errors import UsageError

SPOKEN = [
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
def test_a_seed_determines_the_captions(kind):
    assert corrupt(SPOKEN, kind, 3, OTHERS) == corrupt(SPOKEN, kind, 3, OTHERS)
    if kind not in ("exact", "casing", "digits", "split"):
        assert corrupt(SPOKEN, kind, 3, OTHERS) != corrupt(SPOKEN, kind, 4, OTHERS)


@pytest.mark.parametrize("kind", KINDS)
def test_exact_cues_hold_the_words_spoken_in_their_span(kind):
    everything = [word for utterance in SPOKEN for word in plain(utterance.text)]
    digits = dict(zip("2 3 4 5 6 7".split(), "two three four five six seven".split(), strict=True))
    for number, caption in enumerate(corrupt(SPOKEN, kind, 1, OTHERS)):
        assert caption.cue.index == number
        assert caption.cue.text == " ".join(word.text for word in caption.words) or not caption.words
        if not caption.spoken:
            assert not caption.exact
            continue
        inside = [u for u in SPOKEN if u.start < caption.end and caption.start < u.end]
        spoken = [
            w
            for u in inside
            for w, (a, b) in zip(plain(u.text), u.words, strict=True)
            if caption.start <= a < caption.end
        ]
        written = [digits.get(word, word) for word in plain(caption.cue.text)]
        if caption.exact:
            assert written == spoken
        elif kind not in ("shifted",):
            assert written != spoken
        assert len(everything) == 528


@pytest.mark.parametrize("kind", WORD_RATES)
def test_word_noise_has_its_rate_and_every_error_is_labelled(kind):
    captions = corrupt(SPOKEN, kind, 1, OTHERS)
    errors = 0
    for caption, utterance in zip(captions, SPOKEN, strict=True):
        kept = [word for word in caption.words if word.spoken]
        places = [utterance.words.index(word.place) for word in kept]  # spoken words keep their times
        assert [word.text for word in kept] == [utterance.text.split()[place] for place in places]
        assert places == sorted(places)
        inserted = len(caption.words) - len(kept)
        left_out = 11 - len(kept)
        assert caption.exact is (inserted == left_out == 0)
        # Words missing between two kept neighbours, nothing written in their place: a hole.
        for before, word in zip(caption.words, caption.words[1:], strict=False):
            if before.spoken and word.spoken:
                gap = utterance.words.index(word.place) - utterance.words.index(before.place)
                assert word.hole is (gap > 1)
        errors += max(inserted, left_out)
    assert abs(errors / 528 - WORD_RATES[kind]) < 0.06


def test_right_depends_on_text_and_both_ends():
    [caption] = corrupt([Utterance("a b", 1.0, 3.0, clip=(0.5, 3.2))], "exact")
    assert caption.right(1.4, 3.4, 0.5)
    assert caption.right(0.1, 3.6, 0.5)  # any time in the silence of the clip is right
    assert not caption.right(1.6, 3.0, 0.5)
    assert not caption.right(1.0, 3.8, 0.5)
    assert not caption.right(None, None, 0.5)
    [bare] = corrupt([Utterance("a b", 1.0, 3.0)], "exact")
    assert not bare.right(0.1, 3.0, 0.5)


def test_extra_captions_come_from_the_other_texts():
    captions = corrupt(SPOKEN, "extra", 1, OTHERS)
    added = [caption.cue.text for caption in captions if not caption.spoken]
    assert set(added) == set(OTHERS)
    assert len(added) == pytest.approx(0.3 * len(SPOKEN), abs=6)


def test_wrong_arguments_are_errors():
    with pytest.raises(UsageError, match="kind: got 'typos', expected one of exact, casing"):
        corrupt(SPOKEN, "typos")
    with pytest.raises(UsageError, match="utterances: got none"):
        corrupt([], "exact")
