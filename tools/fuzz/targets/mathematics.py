"""The public functions of `ctc`, `lattice`, `objectives` and `preference` with one to three odd arguments.

Finite input must also give no NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from ctcalign.errors import CtcAlignError
from tools.fuzz.calls import CALLS
from tools.fuzz.target import Target

_NUMBERS = (
    0,
    1,
    -1,
    2,
    7,
    0.0,
    0.5,
    -0.5,
    1.0,
    1e-30,
    1e-7,
    1e6,
    1e30,
    3e38,
    1e308,
    -1e308,
    2**31,
    2**63,
    -(2**70),
    10**400,
)
_ODD = (
    *("", "x", "none", b"x", None, True, False, float("nan"), float("inf"), -float("inf"), 1j, (), [], {}, {"a": 1}),
    *([[1, 2], [3]], ["a"], [None], [float("nan")], [10**30], np.zeros(3), np.array("x"), np.array([None]), range(3)),
    *(slice(1), "é" * 100, np.float32(0.5), np.int8(1), torch.tensor(0.5), torch.tensor([]), torch.tensor(1)),
)
_DTYPES = (
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.uint8, torch.int32, torch.int64),
    *(torch.bool, torch.complex64),
)
_VALUES = (
    *(float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.0, -1.0, 2.0, 100.0, -100.0, 1e-30, 1e-45, 3e38, -3e38),
    *(1e5, -1e5, 127.0, 128.0),
)
_CHANGES: tuple[Callable[[torch.Tensor], Any], ...] = (
    lambda value: value[:0],
    lambda value: value[:1],
    lambda value: value[..., :0],
    lambda value: value[..., :1],
    lambda value: value[None],
    lambda value: value[..., None],
    lambda value: value.reshape(-1),
    lambda value: value.transpose(0, -1),
    lambda value: torch.cat([value, value]),
    lambda value: torch.cat([value, value], -1),
    lambda value: value.sum(),
    lambda value: value.to("meta"),
    lambda value: value.to_sparse(),
    lambda value: value.tolist(),
    lambda value: value.numpy(),
    lambda value: -value,
    lambda value: value * 0,
    lambda value: value * 1000,
    lambda value: value + 1,
    lambda value: value.float().requires_grad_(),
)

_ERRORS = (CtcAlignError, MemoryError)  # more paths or prefixes may be asked for than there is memory


def targets() -> list[Target]:
    """A target for each public function."""
    return [
        Target(f"mathematics.{name}", _inputs(name), _call(name), shown=_shown(name), errors=_ERRORS) for name in CALLS
    ]


def _inputs(name: str) -> st.SearchStrategy[Sequence[Any]]:
    """Lists of one input: (argument, change) pairs."""
    arguments = sorted(CALLS[name][1]())
    change = st.one_of(
        st.tuples(st.just("value"), st.sampled_from(_NUMBERS) | st.sampled_from(_ODD)),
        st.tuples(st.just("change"), st.sampled_from(range(len(_CHANGES)))),
        st.tuples(st.just("dtype"), st.sampled_from(_DTYPES)),
        st.tuples(st.just("one"), st.tuples(st.integers(0, 50), st.sampled_from(_VALUES))),
        st.tuples(st.just("all"), st.sampled_from(_VALUES)),
        st.tuples(st.just("leave out"), st.none()),
    )
    some = st.lists(st.tuples(st.sampled_from(arguments), change), min_size=1, max_size=3)
    return some.map(lambda changes: [changes])


def _call(name: str) -> Callable[[Any], object]:
    function, made = CALLS[name]

    def call(changes: Sequence[tuple[str, tuple[str, Any]]]) -> None:
        given = made()
        for argument, (kind, what) in changes:
            if kind == "leave out":
                continue
            given[argument] = what if kind == "value" else _changed(given[argument], kind, what)
        finite = all(_finite(value) for value in given.values())
        found = function(**given)
        if finite:
            for tensor in _tensors(found):
                assert not torch.isnan(tensor).any(), f"NaN out of finite values, {changes}"
            _differentiate(given, found)

    return call


def _changed(value: Any, kind: str, what: Any) -> Any:
    """The value with a change that it allows; else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    try:
        if kind == "change":
            return _CHANGES[what](value)
        if kind == "dtype":
            return value.to(what)
        filled = value.clone()
        if kind == "all":
            return filled.fill_(what)
        filled.view(-1)[what[0] % filled.numel()] = what[1]
        return filled
    except (RuntimeError, IndexError, ValueError, ZeroDivisionError, NotImplementedError, TypeError, OverflowError):
        return value


def _finite(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        # sums of values near the end of the type overflow
        return (
            value.device.type == "cpu"
            and value.layout == torch.strided
            and bool(torch.isfinite(value).all() and (value.double().abs() < 1e30).all())
        )
    if isinstance(value, (int, float)):
        return abs(value) < 1e30
    if isinstance(value, (list, tuple)):
        return all(_finite(one) for one in value)
    return value is None or not isinstance(value, (complex, np.ndarray))


def _tensors(found: Any) -> Iterator[torch.Tensor]:
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, (list, tuple)):
        for one in found:
            yield from _tensors(one)
    elif is_dataclass(found):
        for field in fields(found):
            yield from _tensors(getattr(found, field.name))


def _differentiate(given: dict[str, Any], found: Any) -> None:
    leaves = [value for value in given.values() if isinstance(value, torch.Tensor) and value.requires_grad]
    losses = [one for one in _tensors(found) if one.requires_grad]
    if leaves and losses:
        losses[0].sum().backward()
        for leaf in leaves:
            assert leaf.grad is None or not torch.isnan(leaf.grad).any(), "NaN in a gradient"


def _shown(name: str) -> Callable[[Any], bytes]:
    return lambda changes: f"{name}: {changes!r}".encode("utf-8", "replace")
