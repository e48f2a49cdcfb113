"""Error rates, latency and how sure both are: numbers in, numbers out; loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.metrics.bootstrap import Comparison as Comparison
    from ctcalign.metrics.bootstrap import Interval as Interval
    from ctcalign.metrics.bootstrap import bootstrap_interval as bootstrap_interval
    from ctcalign.metrics.bootstrap import paired_bootstrap as paired_bootstrap
    from ctcalign.metrics.edits import EditCounts as EditCounts
    from ctcalign.metrics.edits import edit_alignment as edit_alignment
    from ctcalign.metrics.edits import edit_counts as edit_counts
    from ctcalign.metrics.latency import Delays as Delays
    from ctcalign.metrics.latency import EmittedToken as EmittedToken
    from ctcalign.metrics.latency import EmittedWord as EmittedWord
    from ctcalign.metrics.latency import TimedWord as TimedWord
    from ctcalign.metrics.latency import emission_delays as emission_delays
    from ctcalign.metrics.latency import emission_drifts as emission_drifts
    from ctcalign.metrics.latency import emission_times as emission_times
    from ctcalign.metrics.latency import emitted_words as emitted_words
    from ctcalign.metrics.latency import match_words as match_words
    from ctcalign.metrics.latency import total_latency as total_latency
    from ctcalign.metrics.summary import DelaySummary as DelaySummary
    from ctcalign.metrics.summary import mean_delay_interval as mean_delay_interval
    from ctcalign.metrics.summary import summarise_delays as summarise_delays
    from ctcalign.metrics.wer import character_counts as character_counts
    from ctcalign.metrics.wer import edit_distance as edit_distance
    from ctcalign.metrics.wer import total_counts as total_counts
    from ctcalign.metrics.wer import word_counts as word_counts

_MODULES = {
    "bootstrap": ("Comparison", "Interval", "bootstrap_interval", "paired_bootstrap"),
    "edits": ("EditCounts", "edit_alignment", "edit_counts"),
    "latency": (
        "Delays",
        "EmittedToken",
        "EmittedWord",
        "TimedWord",
        "emission_delays",
        "emission_drifts",
        "emission_times",
        "emitted_words",
        "match_words",
        "total_latency",
    ),
    "summary": ("DelaySummary", "mean_delay_interval", "summarise_delays"),
    "wer": ("character_counts", "edit_distance", "total_counts", "word_counts"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
