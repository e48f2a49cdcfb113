"""Evidence for a phrase at a candidate position: the numbers from which its confidence is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctcalign.aligner.graph.search import WILDCARD_PENALTY
from ctcalign.aligner.placing.words import Run, runs_of
from ctcalign.ctc import best_path_graph
from ctcalign.ctc.spotting.spotter import Spot
from ctcalign.edits import edit_distance
from ctcalign.emission.emission import Emission
from ctcalign.search.phrases import Phrase, separators
from ctcalign.text.vocabulary import WORD_START, Vocabulary

AROUND = 1.0  # seconds before and after a phrase in which the nearest symbols are searched
RUNS_ON = 0.2  # seconds; a symbol that is nearer, with no separator in between, belongs to the same word
LEAST_EDGE = -12.0  # nats; lower log-ratios of a separator count as this
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
class PhraseEvidence:
    """Evidence for a phrase at one position. Log-ratios are to the best label of each frame, in nats, at most 0.

    Attributes:
        score: log-ratio of the best path of the phrase, divided by its number of symbols.
        worst_word: lowest score of its words, since a single wrong word makes it another phrase.
        worst_total: lowest log-ratio of its words, not divided by symbols.
        errors: label errors of the greedy decoding against the phrase, divided by its number of symbols.
        clarity: mean log-probability of the best labels in its frames, without blanks, in nats, at most 0.
        edges: sum of the log-ratios of a separator at its two ends, from 2 * LEAST_EDGE to 0: low where the word
            continues ("art" in "party"). 0 at a pause, and for models without separators.
        symbols: number of symbols of the aligned readings, without separators.
        runs: label, first frame and one past the last of each symbol, for each word; frames of the emission.
        chosen: reading of each word.
        neighbours: frames [first, stop) of the nearest recognised symbols before and after it; up to two spans.
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
    neighbours: list[tuple[int, int]]

    def features(self) -> dict[str, float]:
        """Input of the regression, by the names in FEATURES."""
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


def phrase_evidence(phrase: Phrase, spot: Spot, emission: Emission) -> PhraseEvidence | None:
    """Evidence at a spot of a phrase; None where a pause divides it (the spotter counts a separator as a symbol).

    Raises:
        NoPathError: the phrase does not fit into the spot's frames.
    """
    blank, silent = emission.vocabulary.blank, separators(emission.vocabulary)
    reach = max(1, emission.clock.count(AROUND))
    low, high = max(0, spot.first - reach), min(len(emission.log_probs), spot.stop + reach)
    first, stop = spot.first - low, spot.stop - low
    near = np.asarray(emission.log_probs[low:high], np.float32)
    rows, best, top = near[first:stop], emission.decoding.path[low:high], near.max(1)
    path = best_path_graph(rows, phrase.symbols.graph, blank, wildcard_penalty=WILDCARD_PENALTY)
    runs, chosen = runs_of(path, phrase.symbols, len(phrase.transcript.spoken))
    labels = np.asarray(phrase.symbols.graph.labels[np.asarray(path.nodes)], np.int64)
    spoken = ~np.isin(labels, silent)
    text = labels[spoken]
    nodes, spans = np.asarray(path.nodes)[spoken], np.asarray(path.spans)[spoken]
    if (spans[1:, 0] - spans[:-1, 1] > phrase.patience[nodes[:-1]]).any():
        return None
    recognised = emission.decoding.between(spot.first, spot.stop).without_separators().labels
    summed = np.append(0.0, np.cumsum(np.asarray(path.frame_scores, np.float64) - top[first:stop]))
    totals = [float(summed[run[-1][2]] - summed[run[0][1]]) for run in runs]
    sizes = [sum(label not in silent for label, _, _ in run) for run in runs]
    clear = top[first:stop][best[first:stop] != blank]
    ratios = near - top[:, None]
    neighbours = _nearest(best, first, stop, (blank, *silent))
    return PhraseEvidence(
        score=(path.score - float(top[first:stop].sum(dtype=np.float64))) / len(text),
        worst_word=min(total / size for total, size in zip(totals, sizes, strict=True)),
        worst_total=min(totals),
        errors=edit_distance(text, recognised) / len(text),
        clarity=float(clear.mean()) if clear.size else 0.0,
        edges=sum(_edge(run, first, stop, ratios, emission.vocabulary, emission.frame_shift) for run in neighbours),
        symbols=len(text),
        runs=[[(label, begin + spot.first, end + spot.first) for label, begin, end in run] for run in runs],
        chosen=chosen,
        neighbours=[(begin + low, end + low) for _, begin, end in neighbours],
    )


def _nearest(best: NDArray[np.int32], first: int, stop: int, quiet: tuple[int, ...]) -> list[Run]:
    """The last symbol before frame `first` and the first one from `stop` on, if any, ignoring `quiet` labels."""
    found: list[Run] = []
    is_symbol = ~np.isin(best, quiet)
    symbols = np.flatnonzero(is_symbol[:first])
    if symbols.size:
        found.append(_run_at(best[:first], int(symbols[-1])))
    symbols = np.flatnonzero(is_symbol[stop:])
    if symbols.size:
        label, begin, end = _run_at(best[stop:], int(symbols[0]))
        found.append((label, begin + stop, end + stop))
    return found


def _run_at(best: NDArray[np.int32], frame: int) -> Run:
    """The label of a frame, and the run of frames around it with the same label."""
    start = stop = frame
    while start and best[start - 1] == best[frame]:
        start -= 1
    while stop + 1 < len(best) and best[stop + 1] == best[frame]:
        stop += 1
    return int(best[frame]), start, stop + 1


def _edge(
    neighbour: Run, first: int, stop: int, ratios: NDArray[np.float32], vocabulary: Vocabulary, frame_shift: float
) -> float:
    """Log-ratio of a word boundary between frames [first, stop) and a neighbouring symbol, in nats, at most 0."""
    label, begin, end = neighbour
    follows = begin >= stop
    if (begin - stop if follows else first - end) * frame_shift >= RUNS_ON:
        return 0.0
    if vocabulary.word_pieces:
        # The first piece of the phrase marks the start of a word; the piece after it shows whether its last word ends.
        return 0.0 if not follows or vocabulary.symbols[label].startswith(WORD_START) else LEAST_EDGE
    if vocabulary.separator is None:
        return 0.0
    between = ratios[stop - 1 : begin + 1] if follows else ratios[end - 1 : first + 1]
    return max(LEAST_EDGE, float(between[:, vocabulary.separator].max()))
