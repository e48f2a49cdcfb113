"""The page of what `align --adapt` gains, from made-up cells."""

from __future__ import annotations

from typing import Any

import pytest

from recipes.noisy.adapted import CHOSEN, WAYS, chosen_by_others, gain, page, share


def cell(
    name: str, before: int, after: int | None, *, likelier: bool = True, margin: bool = True, unsure: float = 0.5
) -> Any:
    """A cell of 20 spoken cues, of which so many are right before and after."""

    def scores(right: int) -> dict[str, Any]:
        pairs = [[0.9, number < right] for number in range(20)]
        return {"within": [right, right - 1], "spoken": 20, "left_out": 1, "unspoken": 2, "pairs": pairs}

    found = {"recording": name, "captions": "exact", "unsure": unsure, "plain": scores(before), "seconds": [2.0, 2.0]}
    if after is not None:
        found |= {
            "adapted": scores(after),
            "before": {"likelihood": -0.5, "margin": 3.0},
            "after": {"likelihood": -0.4 if likelier else -0.6, "margin": 3.5 if margin else 2.5},
            "seconds": [2.0, 8.0, 10.0],
        }
    return found


CELLS = [
    cell("a+noise", 10, 14),
    cell("a", 20, 19, margin=False, unsure=0.1),
    cell("b+noise", 8, 6, likelier=False),
    cell("c+noise", 4, None),
]


def test_a_cell_counts_as_adapted_only_where_the_way_says_so():
    assert [gain(one, "never") for one in CELLS] == [0, 0, 0, 0]
    assert [gain(one, "always") for one in CELLS] == pytest.approx([20, -5, -10, 0])
    assert [gain(one, CHOSEN) for one in CELLS] == pytest.approx([20, 0, 0, 0])
    assert share(CELLS[0]["plain"], 1) == 45


def test_a_recording_does_not_choose_for_itself():
    # Without recording a, nothing speaks for adapting: the first way, never, is taken for both of its sounds.
    assert chosen_by_others(CELLS)[:2] == [0, 0]
    assert chosen_by_others(CELLS)[2] == pytest.approx(gain(CELLS[2], CHOSEN))


def test_the_page_has_every_way_and_every_sound():
    text = "\n".join(page(CELLS, CHOSEN))
    assert all(f"| {name} |" in text or f"| **{name}** |" in text for name in WAYS)
    assert "| noise | 3 | 1 | 36.7 | 43.3 | 31.7 | 38.3 | +0.0 |" in text
    assert "| clean | 1 | 0 | 100.0 | 100.0 | 95.0 | 95.0 | +0.0 |" in text
    assert "| **" + CHOSEN + "** | +5.00 | +6.67 | +0.0 | +0.00 | +0.0 |" in text
    assert "Processor time: 5.0 times the plain run (median), 5.0 at most." in text
