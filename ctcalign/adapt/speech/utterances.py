"""Training utterances from phrases: merged and divided at pauses, padded with silence, without overlap.

Speech that is not kept (rejected phrases, speech outside the captions) is an obstacle: no utterance contains any of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST, LONGEST = 2.0, 20.0  # seconds of an utterance, padding included
PADDING = 0.2  # seconds at either end, if there is enough silence
WIDEST = 2.0  # seconds of silence inside an utterance

TOO_SHORT, TOO_LONG, OVERLAPPING = "shorter than {:g} s", "longer than {:g} s", "overlaps other speech"


@dataclass(frozen=True)
class Piece:
    """A phrase. `index`: identifies it. `start`, `end`: seconds. `joins`: whether nothing is missing before it."""

    index: int
    start: float
    end: float
    text: str
    joins: bool = True


@dataclass(frozen=True)
class TrainingUtterance:
    """A stretch of a recording, seconds, with what is spoken in it."""

    start: float
    end: float
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text of its phrases."""
        return " ".join(piece.text for piece in self.pieces)


def utterances_of(
    kept: Sequence[Piece],
    obstacles: Sequence[tuple[float, float]],
    duration: float,
    shortest: float = SHORTEST,
    longest: float = LONGEST,
    padding: float = PADDING,
) -> tuple[list[TrainingUtterance], dict[int, str]]:
    """Utterances of one recording.

    Args:
        kept: phrases, any order.
        obstacles: (start, end) of other speech, seconds.
        duration: of the recording, seconds.
        shortest, longest: seconds of an utterance.
        padding: seconds of silence at either end, at most half of the silence there is.
    Returns:
        Utterances by time, and the reason for each phrase that is in none, by its index.
    """
    left_out: dict[int, str] = {}
    pieces, others = _apart(kept, obstacles, left_out)
    found: list[TrainingUtterance] = []
    groups = [part for run in _runs(pieces, others) for part in _divided(run, longest - 2 * padding)]
    edges = sorted([*others, *((group[0].start, group[-1].end) for group in groups)])
    for group in groups:
        start, end = group[0].start, group[-1].end
        before = max((stop for begin, stop in edges if begin < start), default=None)
        after = min((begin for begin, _ in edges if begin > start), default=None)
        left = start - max(0.0, min(padding, start if before is None else (start - before) / 2))
        right = end + max(0.0, min(padding, duration - end if after is None else (after - end) / 2))
        right = max(min(right, duration), end)
        reason = None
        if right - left < shortest:
            reason = TOO_SHORT.format(shortest)
        elif right - left > longest:
            reason = TOO_LONG.format(longest)
        if reason is None:
            found.append(TrainingUtterance(left, right, tuple(group)))
        else:
            left_out |= dict.fromkeys((piece.index for piece in group), reason)
    return found, left_out


def _apart(
    kept: Sequence[Piece], obstacles: Sequence[tuple[float, float]], left_out: dict[int, str]
) -> tuple[list[Piece], list[tuple[float, float]]]:
    """The phrases by time without those that overlap others or an obstacle, and the obstacles with these."""
    ordered = sorted(kept, key=lambda piece: (piece.start, piece.end))
    others = sorted(obstacles)
    pieces: list[Piece] = []
    end = float("-inf")
    for place, piece in enumerate(ordered):
        following = ordered[place + 1].start if place + 1 < len(ordered) else float("inf")
        crossed = any(start < piece.end and piece.start < stop for start, stop in others)
        if piece.start < end or piece.end > following or crossed or piece.end <= piece.start:
            left_out[piece.index] = OVERLAPPING
        else:
            pieces.append(piece)
        end = max(end, piece.end)
    dropped = [(piece.start, piece.end) for piece in ordered if piece.index in left_out]
    return pieces, sorted([*others, *dropped])


def _runs(pieces: Sequence[Piece], others: Sequence[tuple[float, float]]) -> list[list[Piece]]:
    """Phrases between which there is only silence."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        before = runs[-1][-1] if runs else None
        if before is not None and piece.joins and piece.start - before.end <= WIDEST:
            if not any(start < piece.start and before.end < stop for start, stop in others):
                runs[-1].append(piece)
                continue
        runs.append([piece])
    return runs


def _divided(run: list[Piece], longest: float) -> list[list[Piece]]:
    """Parts of a run of at most `longest` seconds, divided at wide pauses near the middle."""
    seconds = run[-1].end - run[0].start
    if seconds <= longest or len(run) == 1:
        return [run]
    middle = (run[0].start + run[-1].end) / 2

    def fitness(place: int) -> float:
        pause = run[place].start - run[place - 1].end
        off = abs((run[place].start + run[place - 1].end) / 2 - middle)
        return min(pause, 1.0) - off / seconds

    at = max(range(1, len(run)), key=fitness)
    return [*_divided(run[:at], longest), *_divided(run[at:], longest)]
