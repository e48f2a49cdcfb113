"""The engine that a user names."""

from __future__ import annotations

from ctcalign.corpus.engines.local import LocalEngine
from ctcalign.corpus.engines.protocol import Engine, Plan
from ctcalign.corpus.engines.ray import RayEngine
from ctcalign.corpus.options import ENGINES, RunOptions
from ctcalign.errors import UsageError


def make_engine(plan: Plan, options: RunOptions) -> Engine:
    """An engine with the workers of a plan.

    Raises:
        UsageError: there is no such engine.   MissingPackageError: its package is not installed.
    """
    if options.engine == "local":
        return LocalEngine(plan)
    if options.engine == "ray":
        return RayEngine(plan, options.workers, options.address)
    raise UsageError(f"engine: got {options.engine!r}, expected one of {', '.join(ENGINES)}")
