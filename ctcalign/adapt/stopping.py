"""Whether the model of a pass is kept, and whether another pass follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[str, float, float]


@dataclass(frozen=True)
class Verdict:
    """`kept`: whether the model of the pass replaces the previous one. `stop`: reason to stop; None: continue."""

    kept: bool
    stop: str | None = None


def verdict(
    target: float, best_target: float, source: float | None, first_source: float | None, budget: float
) -> Verdict:
    """Decide whether the model of a pass is kept, and whether another pass follows.

    Args:
        target: error of the pass's model on the target domain.  best_target: that of the best model before it.
        source, first_source: errors of the pass's and the original model on the source domain; None: not measured.
        budget: allowed relative rise of the source error.
    """
    if exceeds(source, first_source, budget):
        return Verdict(False, f"the source error rose beyond the budget of {100 * budget:g} %")
    if target >= best_target:
        return Verdict(False, "the target error did not fall")
    return Verdict(True)


def exceeds(source: float | None, first_source: float | None, budget: float) -> bool:
    """Whether an error on the source domain exceeds the budget; see `verdict`."""
    return source is not None and first_source is not None and source > first_source * (1.0 + budget)


def new_spans(kept: Sequence[Span], before: Sequence[Span]) -> list[Span]:
    """Spans (recording, start, end) that the spans kept before cover by less than half."""
    of_talk: dict[str, list[tuple[float, float]]] = {}
    for talk, start, end in before:
        of_talk.setdefault(talk, []).append((start, end))
    found = []
    for talk, start, end in kept:
        covered = sum(max(0.0, min(end, stop) - max(start, begin)) for begin, stop in of_talk.get(talk, ()))
        if covered < 0.5 * (end - start):
            found.append((talk, start, end))
    return found
