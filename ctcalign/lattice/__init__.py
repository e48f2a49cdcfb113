"""Lattices of CTC alignments behind one protocol, computed by our own kernels or by k2. The only room that knows k2.

>>> import torch
>>> from ctcalign.lattice import engine
>>> log_probs = torch.tensor([[[0.5, 0.5], [0.5, 0.5]]]).log()
>>> round(float(engine("native").total_score(log_probs, torch.tensor([[1]])).exp()), 6)
0.75
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.lattice.choice import ENGINES as ENGINES
    from ctcalign.lattice.choice import engine as engine
    from ctcalign.lattice.k2_engine import K2Engine as K2Engine
    from ctcalign.lattice.native_engine import NativeEngine as NativeEngine
    from ctcalign.lattice.protocol import LatticeEngine as LatticeEngine

_HOMES = {
    "ENGINES": "choice",
    "engine": "choice",
    "K2Engine": "k2_engine",
    "LatticeEngine": "protocol",
    "NativeEngine": "native_engine",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
