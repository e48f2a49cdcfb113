"""The checks of a GPU, tried on the CPU: a difference is found, a failure is a row and not the end."""

from __future__ import annotations

import math

import torch

from tools.cuda.groups import groups
from tools.cuda.maths import both, compared, tables
from tools.cuda.rows import check, markdown, relative


def test_differences_over_the_largest_value():
    expected = torch.tensor([1.0, -4.0, -math.inf])
    assert relative(expected.half(), expected) == 0
    assert relative(torch.tensor([1.5, -4.0, -math.inf]), expected) == 0.125
    assert relative(torch.tensor([1.0, -4.0, 0.0]), expected) == math.inf


def test_a_check_that_fails_is_a_row():
    def broken() -> tuple[str, bool]:
        raise RuntimeError("no kernel\n  for this device")

    rows = [check("maths", "good", lambda: ("0.1", True)), check("maths", "bad", broken)]
    assert [row.passed for row in rows] == [True, False]
    assert "| maths | bad | **no** | RuntimeError: no kernel for this device |" in markdown(rows, "card")


def test_another_value_or_gradient_on_a_device_is_found():
    for name, case in tables():
        if name in ("total_score, standard", "objective ctc"):
            assert both(case, "cpu")[1], name
    calls: list[int] = []

    def drifts(world):
        calls.append(1)
        return world.log_probs * (1 + 0.01 * len(calls))

    value, gradient = compared(drifts, "cpu", half=False)
    assert value > 1e-3
    assert gradient > 1e-3


def test_every_training_has_a_name_of_its_own():
    names = [name for group in groups() for name in group]
    assert len(names) == len(set(names))
