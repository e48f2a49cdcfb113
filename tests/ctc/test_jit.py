"""Compiled kernels: floating-point rules of numpy, no lock, and a cache only where there is a place for it."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from ctcalign.ctc.jit import jit


def ratio(a: float, b: float) -> float:
    return a / b


def test_division_by_zero_is_infinite() -> None:
    compiled = jit(ratio)
    assert compiled(np.float64(1.0), np.float64(0.0)) == np.inf
    assert compiled(np.float64(3.0), np.float64(2.0)) == 1.5


@pytest.mark.parametrize("writable", [True, False])
def test_options_of_the_compiler(writable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def njit(**options: Any) -> Any:
        seen.append(options)
        if options.get("cache") and not writable:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: ("compiled", function)

    monkeypatch.setattr(numba, "njit", njit)
    assert jit(ratio) == ("compiled", ratio)
    plain = {"nogil": True, "error_model": "numpy"}  # no fastmath: -inf must stay -inf
    assert seen == [{**plain, "cache": True}] + ([] if writable else [plain])
