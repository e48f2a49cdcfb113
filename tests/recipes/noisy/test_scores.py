"""Neighbours of unspoken captions and of uncaptioned speech."""

from __future__ import annotations

from ctcalign.scoring.items import TimedItem
from recipes.noisy.scores import neighbours, uncaptioned


def item(text: str, start: float | None = None, end: float | None = None) -> TimedItem:
    return TimedItem(text, start, end, spoken=start is not None)


def test_neighbours_of_unspoken_captions_and_of_uncaptioned_speech():
    spoken = [item(name, at, at + 2.0) for name, at in zip("abcdef", (0, 3, 6, 9, 12, 15), strict=True)]
    key = [
        spoken[0],
        spoken[2],
        item("x"),
        item("y"),
        spoken[3],
        spoken[5],
    ]  # no caption: b, e; not spoken: x, y
    assert uncaptioned(spoken, key) == [(3, 5), (12, 14)]
    assert neighbours(spoken, key) == [True, True, False, False, True, True]
    assert neighbours(spoken, [*spoken[:4], spoken[5]]) == [False, False, False, True, True]
    assert neighbours(spoken, [*spoken[:3], item("x"), *spoken[3:]]) == [False, False, True, False, True, False, False]
    assert neighbours(spoken, spoken) == [False] * 6
    halves = [item("a1", 0, 1), item("a2", 1, 2), *spoken[1:]]  # two captions may share an utterance
    assert uncaptioned(spoken, halves) == []
