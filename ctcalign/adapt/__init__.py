"""Adaptation of a recogniser to a corpus of recordings and captions. Entry point: `run.py`.

The package can be called as a function: `ctcalign.adapt(recordings, captions, model=..., output=...)` is `run.adapt`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.adapt.run import Adaptation


class _Room(ModuleType):
    """A package that can be called: importing one of its modules binds `ctcalign.adapt` to the package."""

    def __call__(self, *arguments: Any, **options: Any) -> Adaptation:
        from ctcalign.adapt.run import adapt

        return adapt(*arguments, **options)


sys.modules[__name__].__class__ = _Room
