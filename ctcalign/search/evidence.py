"""What speaks for a phrase in a place where it may be said, in a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.search import WILDCARD_PENALTY
from ctcalign.aligner.placing.placement import Run
from ctcalign.aligner.placing.words import runs_of
from ctcalign.ctc import best_path_graph
from ctcalign.ctc.spotting.spotter import Spot
from ctcalign.edits import edit_distance
from ctcalign.emission.emission import Emission
from ctcalign.search.phrases import Phrase, separators
from ctcalign.text.vocabulary import WORD_START, Vocabulary

AROUND = 1.0  # seconds on either side of a phrase that are looked at
RUNS_ON = 0.2  # a symbol nearer than this, without a separator between, belongs to a longer word
LEAST_EDGE = -12.0  # nats; below it a separator is as good as impossible
FEATURES = (
    "score",
    "worst_word",
    "worst_total",
    "errors",
    "clarity",
    "edges",
    "log_symbols",
    "sqrt_symbols",
    "score_by_log_symbols",
    "score_by_clarity",
    "edges_by_log_symbols",
)


@dataclass(frozen=True)
class Evidence:
    """A phrase in one place.

    Attributes:
        score: log-ratio of its best path to the best label of each frame, over its symbols, in nats, at most 0.
        worst_word: the lowest of its words' own scores: a phrase of which one word is another is not the phrase.
        worst_total: the lowest of their log-ratios, not divided by their symbols.
        errors: label errors between it and what is heard there without it, over its symbols.
        clarity: mean log-probability of what is heard there without it, blanks not counted, in nats, at most 0.
        edges: log-ratios of a separator at its two ends, added, from 2 * LEAST_EDGE to 0: low where the word goes on
            there ("art" in "party"). 0 where there is a pause, or where the model writes no separators.
        symbols: of the reading that was said, separators not counted.
        runs: label, first frame and one past the last of each symbol, for each word; frames of the emission.
        chosen: the reading of each word.
        around: frames [first, stop) of the nearest symbols that are heard before and behind it, none to two.
    """

    score: float
    worst_word: float
    worst_total: float
    errors: float
    clarity: float
    edges: float
    symbols: int
    runs: list[list[Run]]
    chosen: list[int]
    around: list[tuple[int, int]]

    def features(self) -> dict[str, float]:
        """What a calibration may weigh, by the names in FEATURES."""
        size = math.log(self.symbols)
        return {
            "score": self.score,
            "worst_word": self.worst_word,
            "worst_total": self.worst_total,
            "errors": self.errors,
            "clarity": self.clarity,
            "edges": self.edges,
            "log_symbols": size,
            "sqrt_symbols": math.sqrt(self.symbols),
            "score_by_log_symbols": self.score * size,
            "score_by_clarity": self.score * self.clarity,
            "edges_by_log_symbols": self.edges * size,
        }


def evidence(phrase: Phrase, spot: Spot, emission: Emission) -> Evidence | None:
    """Look closely at a spot of a phrase; None where a pause parts it (the spotter takes a separator for a symbol).

    Raises:
        NoPathError: the phrase does not fit into the spot's frames.
    """
    blank, silent = emission.vocabulary.blank, separators(emission.vocabulary)
    reach = max(1, round(AROUND / emission.frame_shift))
    low, high = max(0, spot.first - reach), min(len(emission.log_probs), spot.stop + reach)
    first, stop = spot.first - low, spot.stop - low
    near = np.asarray(emission.log_probs[low:high], np.float32)
    rows, best, top = near[first:stop], near.argmax(1), near.max(1)
    path = best_path_graph(rows, phrase.transcript.graph, blank, wildcard_penalty=WILDCARD_PENALTY)
    runs, chosen = runs_of(path, phrase.transcript, len(phrase.spoken.spoken))
    labels = np.asarray(phrase.transcript.graph.labels[path.nodes.numpy()], np.int64)
    spoken = ~np.isin(labels, silent)
    text = labels[spoken]
    nodes, spans = path.nodes.numpy()[spoken], np.asarray(path.spans)[spoken]
    if (spans[1:, 0] - spans[:-1, 1] > phrase.patience[nodes[:-1]]).any():
        return None
    recognised = emission.decoding.between(spot.first, spot.stop).labels
    ratios = np.append(0.0, np.cumsum(path.frame_scores.numpy().astype(np.float64) - top[first:stop]))
    totals = [float(ratios[run[-1][2]] - ratios[run[0][1]]) for run in runs]
    sizes = [sum(label not in silent for label, _, _ in run) for run in runs]
    clear = top[first:stop][best[first:stop] != blank]
    around = _nearest(best, first, stop, (blank, *silent))
    return Evidence(
        score=(path.score - float(top[first:stop].sum(dtype=np.float64))) / len(text),
        worst_word=min(total / size for total, size in zip(totals, sizes, strict=True)),
        worst_total=min(totals),
        errors=edit_distance(text, recognised[~np.isin(recognised, silent)]) / len(text),
        clarity=float(clear.mean()) if clear.size else 0.0,
        edges=sum(
            _edge(run, first, stop, near - top[:, None], emission.vocabulary, emission.frame_shift) for run in around
        ),
        symbols=len(text),
        runs=[[(label, begin + spot.first, end + spot.first) for label, begin, end in run] for run in runs],
        chosen=chosen,
        around=[(begin + low, end + low) for _, begin, end in around],
    )


def _nearest(best: NDArray[np.int64], first: int, stop: int, quiet: tuple[int, ...]) -> list[Run]:
    """What is heard last before frame `first` and first from `stop` on, other than `quiet`: none, one or two."""
    found: list[Run] = []
    loud = ~np.isin(best, quiet)
    said = np.flatnonzero(loud[:first])
    if said.size:
        found.append(_run_at(best[:first], int(said[-1])))
    said = np.flatnonzero(loud[stop:])
    if said.size:
        label, begin, end = _run_at(best[stop:], int(said[0]))
        found.append((label, begin + stop, end + stop))
    return found


def _run_at(best: NDArray[np.int64], frame: int) -> Run:
    """The label of a frame and the frames around it that have the same."""
    start = stop = frame
    while start and best[start - 1] == best[frame]:
        start -= 1
    while stop + 1 < len(best) and best[stop + 1] == best[frame]:
        stop += 1
    return int(best[frame]), start, stop + 1


def _edge(
    beside: Run, first: int, stop: int, ratios: NDArray[np.float32], vocabulary: Vocabulary, frame_shift: float
) -> float:
    """How far it is from true, in nats, that a word ends between frames [first, stop) and a symbol beside them."""
    label, begin, end = beside
    behind = begin >= stop
    if (begin - stop if behind else first - end) * frame_shift >= RUNS_ON:
        return 0.0
    if vocabulary.word_pieces:
        # The phrase's own first piece says that a word begins there; the next one says whether the last word ends.
        return 0.0 if not behind or vocabulary.symbols[label].startswith(WORD_START) else LEAST_EDGE
    if vocabulary.separator is None:
        return 0.0
    between = ratios[stop - 1 : begin + 1] if behind else ratios[end - 1 : first + 1]
    return max(LEAST_EDGE, float(between[:, vocabulary.separator].max()))
