"""Recording + captions + model -> `Alignment`. The room itself can be called: `ctcalign.align(audio, captions)`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.align.alignment import Alignment


class _Room(ModuleType):
    """Importing any module of a package makes the package an attribute of its parent: without this `ctcalign.align`
    would be the function or the room, whichever came last."""

    def __call__(self, *args: Any, **options: Any) -> Alignment:
        from ctcalign.align.recording import align

        return align(*args, **options)


sys.modules[__name__].__class__ = _Room
