"""CTC mathematics: functions from tensors to tensors. Needs only torch and numba, which are loaded on first use.

No module here has the name of a public function, so that `ctc.best_path` is always the function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.ctc.guided.search import guided_beam_search as guided_beam_search
    from ctcalign.ctc.next_tokens.distributions import next_token_log_probs as next_token_log_probs
    from ctcalign.ctc.next_tokens.distributions import token_log_probs as token_log_probs
    from ctcalign.ctc.paths import collapse as collapse
    from ctcalign.ctc.paths import path_log_prob as path_log_prob
    from ctcalign.ctc.paths import path_log_probs as path_log_probs
    from ctcalign.ctc.paths import token_spans as token_spans
    from ctcalign.ctc.prefixes.beam import Hypothesis as Hypothesis
    from ctcalign.ctc.prefixes.beam import nbest as nbest
    from ctcalign.ctc.prefixes.beam import prefix_beam_search as prefix_beam_search
    from ctcalign.ctc.sums.sampling import sample_alignments as sample_alignments
    from ctcalign.ctc.sums.sampling import sample_paths as sample_paths
    from ctcalign.ctc.sums.totals import feasible as feasible
    from ctcalign.ctc.sums.totals import occupancy as occupancy
    from ctcalign.ctc.sums.totals import total_score as total_score
    from ctcalign.ctc.viterbi.graph import EPSILON as EPSILON
    from ctcalign.ctc.viterbi.graph import FILLER as FILLER
    from ctcalign.ctc.viterbi.graph import START as START
    from ctcalign.ctc.viterbi.graph import WILDCARD as WILDCARD
    from ctcalign.ctc.viterbi.graph import GraphBuilder as GraphBuilder
    from ctcalign.ctc.viterbi.graph import TokenGraph as TokenGraph
    from ctcalign.ctc.viterbi.graph import chain as chain
    from ctcalign.ctc.viterbi.graph_path import GraphPath as GraphPath
    from ctcalign.ctc.viterbi.graph_path import best_path_graph as best_path_graph
    from ctcalign.ctc.viterbi.outside import RelaxedGraph as RelaxedGraph
    from ctcalign.ctc.viterbi.sequence_path import BestPath as BestPath
    from ctcalign.ctc.viterbi.sequence_path import best_path as best_path
    from ctcalign.ctc.viterbi.splicing import splice as splice

_HOMES = {
    "Hypothesis": "prefixes.beam",
    "nbest": "prefixes.beam",
    "guided_beam_search": "guided.search",
    "next_token_log_probs": "next_tokens.distributions",
    "token_log_probs": "next_tokens.distributions",
    "total_score": "sums.totals",
    "occupancy": "sums.totals",
    "feasible": "sums.totals",
    "sample_paths": "sums.sampling",
    "sample_alignments": "sums.sampling",
    "RelaxedGraph": "viterbi.outside",
    "BestPath": "viterbi.sequence_path",
    "best_path": "viterbi.sequence_path",
    "collapse": "paths",
    "path_log_prob": "paths",
    "path_log_probs": "paths",
    "token_spans": "paths",
    "EPSILON": "viterbi.graph",
    "FILLER": "viterbi.graph",
    "START": "viterbi.graph",
    "WILDCARD": "viterbi.graph",
    "GraphBuilder": "viterbi.graph",
    "TokenGraph": "viterbi.graph",
    "chain": "viterbi.graph",
    "prefix_beam_search": "prefixes.beam",
    "GraphPath": "viterbi.graph_path",
    "best_path_graph": "viterbi.graph_path",
    "splice": "viterbi.splicing",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
