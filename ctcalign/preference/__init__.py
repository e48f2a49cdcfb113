"""Preference losses over per-token log-probs, the same for text language models and CTC recognisers. Needs torch alone,
loaded on first use. Nothing here knows where the log-probs came from.

No module here has the name of a public function, so a name of the room is the function whatever was imported before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.preference.checks import BatchError as BatchError
    from ctcalign.preference.dpo import dpo_loss as dpo_loss
    from ctcalign.preference.results import PairResult as PairResult
    from ctcalign.preference.results import RowResult as RowResult

_HOMES = {
    "BatchError": "checks",
    "PairResult": "results",
    "RowResult": "results",
    "dpo_loss": "dpo",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
