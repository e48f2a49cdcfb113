"""Lattices of CTC alignments with one protocol, computed by our own kernels or by k2. No other package imports k2.

>>> import torch
>>> from ctcalign.lattice import engine
>>> log_probs = torch.tensor([[[0.5, 0.5], [0.5, 0.5]]]).log()
>>> round(float(engine("native").total_score(log_probs, torch.tensor([[1]])).exp()), 6)
0.75
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctcalign.lattice.choice import ENGINES as ENGINES
from ctcalign.lattice.choice import engine as engine
from ctcalign.lattice.native_engine import NativeEngine as NativeEngine
from ctcalign.lattice.protocol import LatticeEngine as LatticeEngine

if TYPE_CHECKING:
    from ctcalign.lattice.k2_engine import K2Engine as K2Engine


def __getattr__(name: str) -> Any:
    """`K2Engine` imports k2, which is not installed everywhere."""
    if name == "K2Engine":
        from ctcalign.lattice.k2_engine import K2Engine

        return K2Engine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
