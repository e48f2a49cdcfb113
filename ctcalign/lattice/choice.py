"""The choice of a lattice engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctcalign.checks import check_choice
from ctcalign.ctc.batch_inputs import TOPOLOGIES
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.lattice.protocol import LatticeEngine

ENGINES = ("auto", "native", "k2")


def engine(name: str = "auto", topology: str = "standard", blank: int = 0) -> LatticeEngine:
    """An engine for CTC lattices.

    Args:
        name: "native", "k2", or "auto": k2 if it can be imported, else native. Both compute the same scores up to
            float32 rounding, and paths from the same distribution.
        topology: "standard", or "modified": equal neighbours may follow each other without a blank.
        blank: label of the blank, >= 0; any column, also for k2.
    Raises:
        UsageError: unknown engine or topology, a negative blank, or "k2" if k2 cannot be imported.

        >>> engine("native", topology="modified", blank=28)
        NativeEngine(topology='modified', blank=28, name='native')
    """
    check_choice("engine", name, ENGINES)
    check_choice("topology", topology, TOPOLOGIES)
    if isinstance(blank, bool) or not isinstance(blank, int) or blank < 0:
        raise UsageError(f"blank: got {blank!r}, expected the label of the blank, 0 or more")
    if name != "native":
        missing = _missing_k2()
        if missing is None:
            from ctcalign.lattice.k2_engine import K2Engine

            return K2Engine(topology, blank)
        if name == "k2":
            raise UsageError(
                f"engine: 'k2' cannot be used: {missing}; install it (pip install k2; 1.23.4, the last on the package "
                "index, needs Python 3.11 or older and torch 1.13.1), or use 'native', which computes the same results"
            )
    from ctcalign.lattice.native_engine import NativeEngine

    return NativeEngine(topology, blank)


def _missing_k2() -> str | None:
    """Why k2 cannot be imported; None if it can. A k2 built for another torch raises OSError."""
    try:
        import k2  # noqa: F401
    except (ImportError, OSError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return None
