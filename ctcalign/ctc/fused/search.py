"""Prefix beam search in which each finished word adds a score, such as that of a language model.

The beam is pruned by the sum of both scores (shallow fusion at the ends of words). Only words that may enter the beam
are scored.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ctcalign.arguments import checked_arguments
from ctcalign.ctc.fused.kernels import CLOSED, COLUMNS, KNOWN, LENGTH, OPEN, STATE, WORDS, advance, depth, last_labels
from ctcalign.ctc.fused.lexicon import LookAhead
from ctcalign.ctc.prefixes.beam import LEAST_LOG_PROB, Hypothesis, check_beam
from ctcalign.ctc.viterbi.emission_rows import as_numpy, checked_shape
from ctcalign.errors import ShapeError, UsageError

Array = npt.NDArray[Any]
FIRST_ROOM = 1 << 12  # prefixes for which memory is allocated at first


class WordScores(Protocol):
    """Scores of the words of a text, one after the other, in nats.

    A word is a run of labels. It ends before a label of `ends` (a separator, or a piece that begins a word) and at the
    end of the text.

    Attributes:
        ends: labels that end the word before them, (C,) bool.
        begins: those of them that are the first label of the next word, (C,) bool.
        most: upper bound of the score of a word; math.inf if there is none.
        look_ahead: None: open words add nothing.
    """

    ends: Array
    begins: Array
    most: float
    look_ahead: LookAhead | None

    def start(self) -> Any:
        """The history at the beginning of a text."""
        ...

    def word(self, history: Any, labels: tuple[int, ...]) -> tuple[float, Any]:
        """The score of a word after a history, and the history that follows."""
        ...

    def end(self, history: Any) -> float:
        """The score of the end of a text."""
        ...


@checked_arguments
def fused_beam_search(
    log_probs: npt.NDArray[np.floating],
    words: WordScores,
    beam: int = 16,
    blank: int = 0,
    least_log_prob: float = LEAST_LOG_PROB,
) -> list[Hypothesis]:
    """The best label sequences by log p(labels | audio) + scores of the words + score of the end.

    Args:
        log_probs: natural log, shape (T, C).
        words: scores of words.
        beam: prefixes kept after each frame, >= 1.
        blank: column of the blank.
        least_log_prob: labels with a smaller log-prob in a frame do not extend a prefix there.
    Returns:
        The sequences in the final beam, best first. Their scores sum over the alignments in the beam.
    Raises:
        ShapeError: not floats of shape (T, C), or `words` has another number of labels.
        UsageError: beam < 1, the blank is no column, NaN or +inf in the emission or as the score of a word, or a word
            with a higher score than `words.most`.
    Source: Hannun et al. 2014, First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent
        DNNs, arXiv:1408.2873, Algorithm 1. Differs from it: the score is that of the whole word, weighted and with the
        bonus by the caller; the last word and the end of the text are scored, too; look-ahead for open words.
    """
    rows = np.ascontiguousarray(as_numpy(checked_shape(log_probs)), np.float64)
    if np.isnan(rows).any() or np.isposinf(rows).any():
        raise UsageError("log_probs: NaN or +inf; expected natural-log probabilities")
    check_beam(beam)
    if not 0 <= blank < rows.shape[1]:
        raise UsageError(f"blank: got {blank}, expected one of the {rows.shape[1]} labels")
    if len(words.ends) != rows.shape[1]:
        raise ShapeError(f"words: has {len(words.ends)} labels, expected the {rows.shape[1]} columns of log_probs")
    return _Search(rows, words, beam, blank).run(least_log_prob)


class _Search:
    """The prefixes of one search."""

    def __init__(self, rows: Array, words: WordScores, beam: int, blank: int) -> None:
        self.rows, self.words, self.beam, self.blank = rows, words, beam, blank
        self.trie = np.empty((min(1 + len(rows) * beam, FIRST_ROOM + beam), COLUMNS), np.int64)
        self.trie[0] = -1
        self.trie[0, [STATE, CLOSED, LENGTH, KNOWN]] = 0
        self.scores = np.empty((len(self.trie), 2))
        self.scores[0] = 0.0
        self.histories = [words.start()]

    def run(self, least: float) -> list[Hypothesis]:
        words, beam = self.words, self.beam
        ahead = words.look_ahead or LookAhead.none(self.rows.shape[1])
        nodes, in_blank, in_token = np.zeros(beam, np.int64), np.zeros(beam), np.full(beam, -np.inf)
        wanted = np.empty(beam, np.int64)
        frame, kept, used, missing = 0, 1, 1, 1
        while missing:
            frame, kept, used, missing = advance(
                frame,
                kept,
                used,
                self.rows,
                beam,
                self.blank,
                least,
                words.ends,
                words.begins,
                words.most,
                ahead.lexicon.children,
                ahead.lexicon.units,
                ahead.starts,
                ahead.spelling,
                ahead.promises,
                self.trie,
                self.scores,
                nodes,
                in_blank,
                in_token,
                wanted,
            )
            if missing < 0:
                more = max(len(self.trie), beam)
                self.trie = np.concatenate([self.trie, np.empty((more, COLUMNS), np.int64)])
                self.scores = np.concatenate([self.scores, np.empty((more, 2))])
            for node in wanted[: max(0, missing)].tolist():
                self._close(node)
        masses = np.logaddexp(in_blank[:kept], in_token[:kept])
        possible = np.flatnonzero(masses > -np.inf)
        found = [
            Hypothesis(self._labels(nodes[k]), float(masses[k]) + self._whole(nodes[k]))
            for k in (possible if len(possible) else range(1))
        ]
        return sorted(found, key=lambda one: -one.score)

    def _close(self, node: int) -> None:
        """Score the open word of a prefix."""
        labels = tuple(last_labels(self.trie, node, self.trie[node, LENGTH]).tolist())
        score, history = self.words.word(self.histories[self.trie[node, STATE]], labels)
        if not score <= self.words.most or score == math.inf:
            bound = "a finite number or -inf" if self.words.most == math.inf else f"at most {self.words.most}"
            raise UsageError(f"words: got {score} as the score of a word, expected {bound}")
        self.scores[node, OPEN] = score
        self.trie[node, CLOSED] = len(self.histories)
        self.histories.append(history)

    def _whole(self, node: int) -> float:
        """The score of the words of a text and of its end."""
        if math.isnan(self.scores[node, OPEN]):
            self._close(node)
        end = self.words.end(self.histories[self.trie[node, CLOSED]])
        if math.isnan(end) or end == math.inf:
            raise UsageError(f"words: got {end} as the score of the end, expected a finite number or -inf")
        return float(self.scores[node, WORDS] + self.scores[node, OPEN] + end)

    def _labels(self, node: int) -> tuple[int, ...]:
        return tuple(last_labels(self.trie, node, depth(self.trie, node)).tolist())
