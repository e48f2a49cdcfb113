"""Paths written as text ("aa^b", with "^" for the blank), the vocabulary of the golden files, and oracles."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"
LETTERS = "abcdefghijklmnopqrstuvwxyz' "
VOCABULARY = (*LETTERS, "")
BLANK = 28


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text())


def path_of(text: str) -> list[int]:
    return [BLANK if letter == "^" else LETTERS.index(letter) for letter in text]


def text_of(path: Sequence[int]) -> str:
    return "".join("^" if label == BLANK else LETTERS[label] for label in path)


def collapsed(path: Sequence[int], blank: int = BLANK) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label != blank]


def first_frames(path: Sequence[int], blank: int = BLANK) -> list[int]:
    """First frame of each label."""
    starts, before = [], blank
    for frame, label in enumerate(path):
        if label not in (blank, before):
            starts.append(frame)
        before = label
    return starts


def words_of(path: Sequence[int]) -> list[str]:
    return "".join(LETTERS[label] for label in collapsed(path)).split()


def distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Levenshtein distance, by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        distance(a[:-1], b[:-1]) + (a[-1] != b[-1]),
        distance(a[:-1], b) + 1,
        distance(a, b[:-1]) + 1,
    )
