"""Emissions of the models in the package are computed once in a process: many tests align the same bundled talk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import ctcalign

BUILTIN = Path(ctcalign.__file__).parent / "models" / "builtin"
MOST_BYTES = 200_000_000
_kept: dict[tuple[Any, ...], list[np.ndarray]] = {}


@pytest.fixture(autouse=True, scope="module")
def emissions_computed_once() -> Iterator[None]:
    """Sessions of onnxruntime give copies of what the same graph has given for the same input before."""
    run = onnxruntime.InferenceSession.run

    def run_once(self: Any, outputs: Sequence[str], feed: dict[str, Any], *options: Any) -> list[np.ndarray]:
        path = getattr(self, "_model_path", None)
        if options or path is None or BUILTIN not in Path(path).parents:
            return list(run(self, outputs, feed, *options))
        inputs = tuple(
            (name, value.shape, str(value.dtype), hashlib.sha256(np.ascontiguousarray(value)).digest())
            for name, value in sorted(feed.items())
        )
        key = (str(path), tuple(outputs), inputs)
        if key not in _kept:
            _kept[key] = list(run(self, outputs, feed))
        found = [one.copy() for one in _kept[key]]
        while sum(one.nbytes for kept in _kept.values() for one in kept) > MOST_BYTES:
            del _kept[next(iter(_kept))]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnxruntime.InferenceSession, "run", run_once)
        yield
