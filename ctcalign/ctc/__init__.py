"""The mathematics of one CTC emission: tensors in, tensors out. Needs torch and numba alone, loaded on first use.

No module here has the name of a public function, so `ctc.best_path` is the function whatever was imported before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctcalign.ctc.constrained_sampling import sample_alignments as sample_alignments
    from ctcalign.ctc.free_sampling import sample_paths as sample_paths
    from ctcalign.ctc.graph import FILLER as FILLER
    from ctcalign.ctc.graph import START as START
    from ctcalign.ctc.graph import WILDCARD as WILDCARD
    from ctcalign.ctc.graph import GraphBuilder as GraphBuilder
    from ctcalign.ctc.graph import TokenGraph as TokenGraph
    from ctcalign.ctc.graph import chain as chain
    from ctcalign.ctc.graph_path import GraphPath as GraphPath
    from ctcalign.ctc.graph_path import best_path_graph as best_path_graph
    from ctcalign.ctc.nbest_texts import Hypothesis as Hypothesis
    from ctcalign.ctc.nbest_texts import nbest as nbest
    from ctcalign.ctc.next_tokens import next_token_log_probs as next_token_log_probs
    from ctcalign.ctc.next_tokens import token_log_probs as token_log_probs
    from ctcalign.ctc.paths import collapse as collapse
    from ctcalign.ctc.paths import path_log_prob as path_log_prob
    from ctcalign.ctc.paths import path_log_probs as path_log_probs
    from ctcalign.ctc.paths import token_spans as token_spans
    from ctcalign.ctc.prefix_beam import prefix_beam_search as prefix_beam_search
    from ctcalign.ctc.sequence_path import BestPath as BestPath
    from ctcalign.ctc.sequence_path import best_path as best_path
    from ctcalign.ctc.splicing import splice as splice
    from ctcalign.ctc.total_scores import feasible as feasible
    from ctcalign.ctc.total_scores import occupancy as occupancy
    from ctcalign.ctc.total_scores import total_score as total_score

_HOMES = {
    "Hypothesis": "nbest_texts",
    "nbest": "nbest_texts",
    "next_token_log_probs": "next_tokens",
    "token_log_probs": "next_tokens",
    "total_score": "total_scores",
    "occupancy": "total_scores",
    "feasible": "total_scores",
    "sample_paths": "free_sampling",
    "sample_alignments": "constrained_sampling",
    "BestPath": "sequence_path",
    "best_path": "sequence_path",
    "collapse": "paths",
    "path_log_prob": "paths",
    "path_log_probs": "paths",
    "token_spans": "paths",
    "FILLER": "graph",
    "START": "graph",
    "WILDCARD": "graph",
    "GraphBuilder": "graph",
    "TokenGraph": "graph",
    "chain": "graph",
    "prefix_beam_search": "prefix_beam",
    "GraphPath": "graph_path",
    "best_path_graph": "graph_path",
    "splice": "splicing",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
