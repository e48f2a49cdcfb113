"""Captions in two languages of one writing system: which lines belong together.

Most bilingual files have one language above the other. The letters show whether a file is one of them: a classifier
(naive Bayes over runs of up to three letters) that has learnt the upper and the lower lines of all other captions tells
which line of a caption is the upper one. Lines of one language do not differ by their position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from ctcalign.text.bilingual import Times, parts

Region = tuple[int, int, int]  # caption, start and end in its text

_FEWEST = 6  # captions with two different lines
_MOST = 0.6  # share of the captions with several lines
_RIGHT = 0.85  # share of the captions whose upper line is told by its letters
# Nats per run of letters by which it is told. Two-line forms of the development captions, all in English, have at most
# 0.14 (digits with speaker names), seven captions in English and a translation to Dutch, French, German, Portuguese or
# Spanish at least 0.21. The recording has the last word (`aligner/spoken_language.py`).
_PLAIN = 0.15
_CLEAR = 0.4  # part of the mean over the file by which the lines of one caption are told
_USUAL = 15.0  # nats by which the usual order, half of the lines in each language, is preferred
_ADDED = 0.5  # to the count of every run of letters
_SAME_TIME = 0.25  # seconds by which captions of the same time may differ


@dataclass(frozen=True)
class Sides:
    """The lines of the language that mostly stands above, and of the one below, in file order.

    Captions of a single line, and those with lines in one of the languages alone, are in neither.
    """

    upper: list[Region]
    lower: list[Region]


@dataclass(frozen=True)
class _Line:
    region: Region
    letters: str
    runs: Counter[str]


_Halves = tuple[list[_Line], list[_Line]]  # lines of a caption in the upper language, and in the lower one


class _Letters:
    """Naive Bayes: how often runs of letters occur in the upper and in the lower lines of captions."""

    def __init__(self, captions: Mapping[Region, _Halves]) -> None:
        """Learn from captions, each with the region of its first line as its key."""
        self.own = {region: (_runs(upper), _runs(lower)) for region, (upper, lower) in captions.items()}
        self.sides: list[Counter[str]] = [Counter(), Counter()]
        for halves in self.own.values():
            for side, runs in zip(self.sides, halves, strict=True):
                side.update(runs)
        self.totals = [side.total() for side in self.sides]
        self.kinds = len(set(self.sides[0]) | set(self.sides[1]))

    def odds(self, group: list[_Line]) -> list[float]:
        """Nats for the upper language, of each line of a caption, learnt from all other captions."""
        own = self.own.get(group[0].region, (Counter[str](), Counter[str]()))
        upper, lower = ([self._log_prob(line, side, own[side]) for line in group] for side in (0, 1))
        return [a - b for a, b in zip(upper, lower, strict=True)]

    def margin(self, group: list[_Line]) -> float:
        """Nats by which the letters tell the upper half of the lines from the lower one, negative where they err."""
        odds, half = self.odds(group), len(group) // 2
        return sum(odds[:half]) - sum(odds[-half:])

    def parted(self, group: list[_Line], least: float) -> _Halves | None:
        """The lines of each language; None if the letters tell them by less than `least` nats per run."""
        odds = self.odds(group)
        choices = []
        for cut in range(1, len(group)):
            margin = sum(odds[:cut]) - sum(odds[cut:])
            usual = _USUAL if 2 * cut == len(group) else 0.0
            choices += [
                (margin + usual, margin, group[:cut], group[cut:]),
                (-margin, -margin, group[cut:], group[:cut]),
            ]
        _, margin, upper, lower = max(choices, key=lambda choice: choice[0])
        return (upper, lower) if margin >= least * _size(group) else None

    def _log_prob(self, line: _Line, side: int, without: Counter[str]) -> float:
        counts = self.sides[side]
        total = log(self.totals[side] - without.total() + _ADDED * self.kinds)
        return sum(n * (log(counts[run] - without[run] + _ADDED) - total) for run, n in line.runs.items())


def two_languages(texts: Sequence[str], times: Sequence[Times]) -> Sides | None:
    """The lines of each language; None unless nearly all captions of several lines are in two languages.

    Args:
        texts: captions with their mark-up, in file order.
        times: their start and end in seconds, None where the file has none. Captions of the same time are read as one.
    """
    groups = [[line for place in group for line in _lines(place, texts[place])] for group in same_time(times)]
    groups = [lines for lines in groups if lines]
    several = [lines for lines in groups if len(lines) > 1]
    if len(several) < max(_FEWEST, _MOST * len(groups)):
        return None
    learnt = _unlike(several)
    if len(learnt) < max(_FEWEST, 0.5 * len(several)):
        return None
    captions = {lines[0].region: (lines[: len(lines) // 2], lines[-(len(lines) // 2) :]) for lines in learnt}
    letters = _Letters(captions)
    margins = [letters.margin(lines) for lines in learnt]
    if sum(margin > 0 for margin in margins) < _RIGHT * len(learnt):
        return None
    size = sum(_size(half) for halves in captions.values() for half in halves)
    if sum(margins) < _PLAIN * size:
        return None
    least = _CLEAR * sum(margins) / size
    found = [halves for lines in several if (halves := letters.parted(lines, least)) is not None]
    upper = sorted(line.region for halves in found for line in halves[0])
    return Sides(upper, sorted(line.region for halves in found for line in halves[1]))


def _runs(lines: Sequence[_Line]) -> Counter[str]:
    return Counter(run for line in lines for run in line.runs.elements())


def _size(lines: Sequence[_Line]) -> int:
    return sum(line.runs.total() for line in lines)


def same_time(times: Sequence[Times]) -> list[list[int]]:
    """Captions of the same time, each group in file order."""
    keys = [(start is None or end is None, start or 0.0, end or 0.0) for start, end in times]
    groups: list[list[int]] = []
    for place in sorted(range(len(times)), key=lambda place: (keys[place], place)):
        before = keys[groups[-1][0]] if groups else None
        unknown, start, end = keys[place]
        if before and not unknown and abs(before[1] - start) <= _SAME_TIME and abs(before[2] - end) <= _SAME_TIME:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [sorted(group) for group in groups]


def _lines(place: int, text: str) -> list[_Line]:
    """The lines of a caption that have letters."""
    found = []
    for start, end, visible in parts(text):
        letters = "".join(text[at] if text[at].isalpha() else " " for at in visible).casefold()
        letters = f" {' '.join(letters.split())} "
        if letters.strip():
            runs = Counter(letters[at : at + n] for n in (1, 2, 3) for at in range(len(letters) - n + 1))
            found.append(_Line((place, start, end), letters, runs))
    return found


def _unlike(groups: list[list[_Line]]) -> list[list[_Line]]:
    """Groups of lines that occur nowhere else: repeats would be told by their own copy."""
    count = Counter(line.letters for lines in groups for line in lines)
    return [lines for lines in groups if all(count[line.letters] == 1 for line in lines)]
