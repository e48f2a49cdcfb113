"""The running reward shift: moments by hand, merged batches, and its state."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign.errors import UsageError
from ctcalign.preference import RewardShift
from ctcalign.preference.processes import sum_over_processes, whole_batch


def updated(average: str, *batches: tuple[list[float], list[bool]]) -> RewardShift:
    shift = RewardShift(average)
    for rewards, desirable in batches:
        shift.update(torch.tensor(rewards), torch.tensor(desirable, dtype=torch.bool))
    return shift


def test_moments_by_hand():
    batches = [([1.0, 2.0, 6.0], [True, False, True]), ([4.0], [False]), ([5.0, 9.0], [True, True])]
    rows, classes = updated("rows", *batches), updated("classes", *batches)
    assert rows.count == classes.count == 6
    assert rows.value == pytest.approx(27 / 6)
    assert classes.value == pytest.approx((21 / 4 + 6 / 2) / 2)
    spread = sum((x - 4.5) ** 2 for x in (1.0, 2.0, 6.0, 4.0, 5.0, 9.0))
    assert rows.deviation == pytest.approx(math.sqrt(spread / 5))
    assert classes.deviation == pytest.approx(rows.deviation)


def test_few_rewards():
    nothing = RewardShift()
    assert (nothing.count, nothing.value, nothing.deviation) == (0, 0.0, 0.0)
    one = updated("rows", ([3.0], [False]))
    assert (one.count, one.value, one.deviation) == (1, 3.0, 0.0)
    two = updated("rows", ([3.0], [False]), ([5.0], [True]))
    assert (two.count, two.value, two.deviation) == (2, 4.0, pytest.approx(math.sqrt(2)))
    for label in (True, False):
        assert updated("classes", ([4.0, 2.0], [label, label])).value == 3.0
    assert updated("rows", ([], []), ([2.0], [True]), ([], [])).value == 2.0


def test_large_rewards_keep_their_deviation():
    shift = updated(
        "rows", ([1e6 + 1, 1e6 + 3], [True, True]), ([1e6 + 5], [True]), ([1e6 + 7, 1e6 + 9], [False, True])
    )
    assert shift.value == 1e6 + 5
    assert shift.deviation == pytest.approx(math.sqrt(40 / 4))


def test_state():
    shift = updated("classes", ([1.0, 2.0], [True, False]))
    saved = shift.state_dict()
    shift.update(torch.tensor([9.0]), torch.tensor([True]))
    again = RewardShift("classes")
    again.load_state_dict(saved)
    assert (again.count, again.value) == (2, 1.5)
    again.update(torch.tensor([9.0]), torch.tensor([True]))
    assert again.value == shift.value == 3.5
    assert saved["moments"].tolist() == [[1.0, 1.0, 0.0], [1.0, 2.0, 0.0]]
    moments = saved["moments"]
    for bad in ({}, {"average": "classes"}, {"average": "classes", "moments": moments[:1]}, {**saved, "more": 1},
                {"average": "classes", "moments": moments.tolist()}):  # fmt: skip
        with pytest.raises(UsageError, match=r"^state: expected average and moments of a RewardShift"):
            RewardShift("classes").load_state_dict(bad)


def test_sums_of_one_process():
    values = torch.ones(2, dtype=torch.float32, requires_grad=True)
    found = sum_over_processes(values)
    assert found.tolist() == [1.0, 1.0]
    assert found.dtype == torch.float64
    assert not found.requires_grad
    same = torch.ones(2, dtype=torch.float64)
    sum_over_processes(same).add_(1)
    assert same.tolist() == [1.0, 1.0]  # a copy
    with whole_batch():
        assert sum_over_processes(same).tolist() == [1.0, 1.0]


def test_a_whole_batch_is_not_summed_over_processes(monkeypatch):
    from torch import distributed

    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "all_reduce", lambda values: values.mul_(3))  # three equal processes
    assert sum_over_processes(torch.ones(1)).item() == 3.0
    with whole_batch():
        assert sum_over_processes(torch.ones(1)).item() == 1.0
    assert sum_over_processes(torch.ones(1)).item() == 3.0
    with pytest.raises(ValueError, match="stop"), whole_batch():
        raise ValueError("stop")
    assert sum_over_processes(torch.ones(1)).item() == 3.0
