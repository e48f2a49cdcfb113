"""Fields of a token graph: what makes none is an error of ctcalign."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from ctcalign.ctc import TokenGraph
from ctcalign.errors import CtcAlignError, ShapeError

GOOD: dict[str, Any] = {
    "labels": np.array([1, 2]),
    "arc_start": np.array([0, 1, 2]),
    "arc_source": np.array([-1, 0]),
    "arc_cost": np.zeros(2),
    "final": np.array([1]),
    "final_cost": np.zeros(1),
}
WRONG: list[Any] = [
    *(None, 1, "x", [], [1, 2], np.zeros(0), np.array(1), np.zeros((1, 1)), np.zeros((1, 1), int), np.array(["a"])),
    *(np.array([None]), np.array([True]), np.array([2**63], np.uint64), np.array([1 + 2j]), np.array([0, 3, 1])),
    *(np.array([np.nan]), np.array([-5])),
]


def test_a_graph() -> None:
    assert len(TokenGraph(**GOOD)) == 2


@pytest.mark.parametrize("pair", list(itertools.combinations(GOOD, 2)))
def test_wrong_fields_raise_errors_of_ctcalign(pair: tuple[str, str]) -> None:
    for values in itertools.product(WRONG, repeat=2):
        with pytest.raises(CtcAlignError):
            TokenGraph(**{**GOOD, **dict(zip(pair, values, strict=True))})


@pytest.mark.parametrize("field", GOOD)
@pytest.mark.parametrize(("value", "got"), [([1], "a list"), (np.zeros((1, 1)), r"float64 \(1, 1\)")])
def test_the_message_names_the_field(field: str, value: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=rf"{field} must be a numpy array of .*numbers with one axis, got {got}"):
        TokenGraph(**{**GOOD, field: value})
