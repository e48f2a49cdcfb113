"""Beam search over prefixes of a text, scored by several recognisers.

CTC gives the probability of every prefix: the sum over all texts that begin with it. The ratio of two of them is the
exact probability of the next label given the labels before it and the whole audio. Recognisers of different frame rates
can therefore be combined label by label. The next labels of all prefixes of a beam are scored at once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ctcalign.arguments import checked_arguments
from ctcalign.checks import check_number
from ctcalign.ctc.guided.kernels import extended, extension_scores
from ctcalign.ctc.prefixes.beam import Hypothesis, check_beam
from ctcalign.ctc.viterbi.emission_rows import as_numpy, checked_shape
from ctcalign.errors import NoPathError, ShapeError, UsageError

Array = npt.NDArray[Any]

# Labels that the steered recogniser finds less probable than this, given the prefix, do not extend the prefix.
# Otherwise texts that no recogniser finds probable could win, where the base finds them even less probable than the
# guide does.
LEAST_LOG_PROB = -9.0
# With a base, a longer text may have a higher score than its prefix. The search goes on as long as a prefix has a score
# that is at most this much lower than that of the best text, in nats.
MARGIN = 20.0


@checked_arguments
def guided_beam_search(
    log_probs: npt.NDArray[np.floating],
    guide: npt.NDArray[np.floating],
    guide_base: npt.NDArray[np.floating] | None = None,
    *,
    weight: float = 1.0,
    beam: int = 16,
    blank: int = 0,
    least_log_prob: float = LEAST_LOG_PROB,
) -> list[Hypothesis]:
    """The texts with the highest guided score.

    score = sum over the labels of a text and its end of
    log p(label | prefix, audio) + weight * (log p_guide(label | prefix, audio) - log p_base(label | prefix, audio))

    The sum of the log-probs of a recogniser is the log-probability of the text, so that the score of a text is
    log p(text) + weight * (log p_guide(text) - log p_base(text)). A wide beam finds the text that maximises it.

    Labels that are impossible under the guide or the base are never chosen; with weight 0 neither is read.

    Args:
        log_probs: of the recogniser that is steered, natural log, (T, C); rows are normalised here.
        guide: of the guide, on the same audio, with the same columns; it may have another number of frames.
        guide_base: the same of the guide before it was adapted. None: without its term.
        weight: of the guide, >= 0.
        beam: prefixes kept at each length, >= 1.
        blank: column of the blank.
        least_log_prob: labels with a lower log-prob under the steered recogniser, given the prefix, do not extend it,
            and texts whose end has a lower one are used only if there are no others. At most -log(C); -inf: all
            labels may.
    Returns:
        Up to `beam` texts, best first, at least one, with their guided scores.
    Raises:
        ShapeError: not floats of shape (T, C), or other columns than log_probs.
        UsageError: an option out of range, NaN or +inf.
        NoPathError: no text is possible under all recognisers.
    Source: the token-level product is that of GenARM (Xu et al. 2024, arXiv:2410.08193), with a base that of emulated
        fine-tuning (Mitchell et al. 2023, arXiv:2310.12962). They renormalise the product for each token and sample
        from it; here it is searched without renormalisation.
    """
    weight = check_number("weight", weight)
    check_beam(beam)
    first = _Prefixes(_normalised("log_probs", log_probs), blank)
    classes = first.log_probs.shape[1]
    if not least_log_prob <= -math.log(classes):
        raise UsageError(
            f"least_log_prob: got {least_log_prob}, expected at most {-math.log(classes):.4g}, -log of the {classes} "
            "labels"
        )
    others: list[tuple[float, _Prefixes]] = []
    for name, given, sign in (("guide", guide, 1.0), ("guide_base", guide_base, -1.0)):
        if given is not None:
            rows = _normalised(name, given)
            if rows.shape[1] != classes:
                raise ShapeError(
                    f"{name}: has {rows.shape[1]} columns, expected the {classes} of log_probs; both recognisers must "
                    "have the same symbols in the same order"
                )
            if weight:
                others.append((sign * weight, _Prefixes(rows, blank)))
    return _search(first, others, beam, least_log_prob, falling=len(others) < 2)


def _search(
    first: _Prefixes, others: list[tuple[float, _Prefixes]], beam: int, least: float, falling: bool
) -> list[Hypothesis]:
    """The search; `falling`: the score of a prefix is an upper bound of the scores of all texts that begin with it."""
    blank = first.blank
    prefixes: list[tuple[int, ...]] = [()]
    ended: list[Hypothesis] = []
    implausible: list[Hypothesis] = []  # their end is below `least`
    while prefixes:
        scores = first.next_scores()
        plausible = scores - first.scores[:, None] >= least
        for factor, prefix in others:
            scores = _plus(scores, factor, prefix.next_scores())
        for k in np.flatnonzero(scores[:, blank] > -np.inf):
            (ended if plausible[k, blank] else implausible).append(Hypothesis(prefixes[k], float(scores[k, blank])))
        for texts in (ended, implausible):
            texts.sort(key=lambda text: -text.score)
            del texts[beam:]
        scores[~plausible] = -np.inf
        scores[:, blank] = -np.inf
        if ended:
            # Nothing below this can be among the best texts, whatever follows.
            bound = ended[-1].score if falling and len(ended) == beam else -np.inf
            scores[scores <= (bound if falling else ended[0].score - MARGIN)] = -np.inf
        order = np.argsort(-scores, axis=None, kind="stable")[:beam]
        parents, labels = np.unravel_index(order[scores.ravel()[order] > -np.inf], scores.shape)
        prefixes = [(*prefixes[k], int(v)) for k, v in zip(parents, labels, strict=True)]
        for model in (first, *(prefix for _, prefix in others)):
            model.extend(parents, labels)
    found = ended or implausible
    if not found:
        raise NoPathError("guide: no text is possible under all recognisers; check that their symbols are the same")
    return found


class _Prefixes:
    """The prefixes of the beam under one recogniser.

    Attributes:
        log_probs: (T, C), float64, normalised.
        scores: log of the prefix probability of each prefix, (K,).
    """

    def __init__(self, log_probs: Array, blank: int) -> None:
        classes = log_probs.shape[1]
        if not 0 <= blank < classes:
            raise UsageError(f"blank: got {blank}, expected one of the {classes} labels")
        self.log_probs, self.blank = log_probs, blank
        self.scores = np.zeros(1)
        self._probabilities = np.exp(log_probs)
        # The empty prefix: all frames so far are blank.
        self._whole = np.concatenate([[0.0], log_probs[:, blank].cumsum()])[None]
        self._in_blank = self._whole
        self._last = np.full(1, -1)
        self._next = np.zeros((1, classes))

    def next_scores(self) -> Array:
        """Log of the prefix probability of each prefix and each label, (K, C); at the blank that of the text."""
        self._next = extension_scores(
            self.log_probs, self._probabilities, self._whole, self._in_blank, self._last, self.blank
        )
        return self._next.copy()

    def extend(self, parents: Array, labels: Array) -> None:
        """Replace the prefixes by `parents`, places among them, (N,), followed by `labels`, (N,)."""
        self.scores = self._next[parents, labels]
        self._whole, self._in_blank = extended(
            self.log_probs, self._whole, self._in_blank, self._last, parents, labels, self.blank
        )
        self._last = labels


def _plus(scores: Array, factor: float, more: Array) -> Array:
    """scores + factor * more, -inf where either is -inf."""
    possible = (scores > -np.inf) & (more > -np.inf)
    total = np.full_like(scores, -np.inf)
    total[possible] = scores[possible] + factor * more[possible]
    return total


def _normalised(name: str, log_probs: npt.NDArray[np.floating]) -> Array:
    """Rows as float64, each minus its log-sum."""
    rows = np.ascontiguousarray(as_numpy(checked_shape(log_probs)), np.float64)
    if np.isnan(rows).any() or np.isposinf(rows).any():
        raise UsageError(f"{name}: NaN or +inf; expected natural-log probabilities")
    peaks = rows.max(1, keepdims=True)
    peaks[np.isneginf(peaks)] = 0.0
    sums = np.exp(rows - peaks).sum(1, keepdims=True)
    return np.asarray(rows - peaks - np.log(sums, out=np.zeros_like(sums), where=sums > 0))
