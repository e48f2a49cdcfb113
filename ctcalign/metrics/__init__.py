"""Evaluation metrics: error rates, emission latency, calibration of confidences, and their bootstrap intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ctcalign.metrics.bootstrap import Comparison as Comparison
from ctcalign.metrics.bootstrap import Interval as Interval
from ctcalign.metrics.bootstrap import bootstrap_interval as bootstrap_interval
from ctcalign.metrics.bootstrap import paired_bootstrap as paired_bootstrap
from ctcalign.metrics.error_rates import EditCounts as EditCounts
from ctcalign.metrics.error_rates import character_counts as character_counts
from ctcalign.metrics.error_rates import edit_alignment as edit_alignment
from ctcalign.metrics.error_rates import edit_counts as edit_counts
from ctcalign.metrics.error_rates import total_counts as total_counts
from ctcalign.metrics.error_rates import word_counts as word_counts
from ctcalign.metrics.latency import Delays as Delays
from ctcalign.metrics.latency import DelaySummary as DelaySummary
from ctcalign.metrics.latency import EmittedToken as EmittedToken
from ctcalign.metrics.latency import EmittedWord as EmittedWord
from ctcalign.metrics.latency import TimedWord as TimedWord
from ctcalign.metrics.latency import emission_delays as emission_delays
from ctcalign.metrics.latency import emission_drifts as emission_drifts
from ctcalign.metrics.latency import emission_times as emission_times
from ctcalign.metrics.latency import emitted_words as emitted_words
from ctcalign.metrics.latency import match_words as match_words
from ctcalign.metrics.latency import mean_delay_interval as mean_delay_interval
from ctcalign.metrics.latency import summarise_delays as summarise_delays
from ctcalign.metrics.latency import total_latency as total_latency
from ctcalign.metrics.reliability import Detection as Detection
from ctcalign.metrics.reliability import Predictions as Predictions
from ctcalign.metrics.reliability import ReliabilityStats as ReliabilityStats
from ctcalign.metrics.reliability import detection as detection
from ctcalign.metrics.reliability import reliability_stats as reliability_stats
from ctcalign.metrics.reliability import roc_auc as roc_auc

if TYPE_CHECKING:
    from ctcalign.edits import edit_distance as edit_distance


def __getattr__(name: str) -> Any:
    """`edit_distance` imports numba, which the other names do without."""
    if name == "edit_distance":
        from ctcalign.edits import edit_distance

        return edit_distance
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
