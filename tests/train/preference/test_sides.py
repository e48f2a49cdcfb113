"""Preferences of a batch as sides of a loss."""

from __future__ import annotations

import pytest

from ctcalign.errors import BatchError
from ctcalign.train.preference.sides import Preference, pair_sides


def preference(place: int, rejected: int, chosen: tuple[int, ...] | None = (1, 2)) -> Preference:
    return Preference(place, chosen, tuple((1, 2, 3 + i) for i in range(rejected)), ({},) * (rejected + 1))


def test_with_together_each_preference_has_one_chosen_row_and_m_rejected_ones() -> None:
    chosen, rejected = pair_sides([preference(0, 2), preference(1, 2)], together=True)
    assert chosen.places == [0, 1]
    assert rejected.places == [0, 0, 1, 1]


@pytest.mark.parametrize("counts", [(1, 2), (2, 1), (3, 1), (1, 1, 4), (2, 4)])
def test_unequal_numbers_of_rejected_responses_are_not_mixed_up(counts: tuple[int, ...]) -> None:
    # 3 + 1 rejected rows would fit two pairs of two, each with a row of the other utterance
    preferences = [preference(place, count) for place, count in enumerate(counts)]
    with pytest.raises(BatchError, match=r"the same number of rejected responses in each preference, got 1|got 2"):
        pair_sides(preferences, together=True)
    chosen, rejected = pair_sides(preferences, together=False)  # each pair alone
    assert chosen.places == rejected.places == [p for p, count in enumerate(counts) for _ in range(count)]


def test_preferences_without_a_pair_do_not_count() -> None:
    chosen, rejected = pair_sides([preference(0, 2), preference(1, 0), preference(2, 1, None)], together=True)
    assert (chosen.places, rejected.places) == ([0], [0, 0])
