"""Captions in two languages: the lines in the writing system of the language that is not spoken."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ctcalign.text.languages import script_of_language
from ctcalign.text.markup.spans import Span, spans
from ctcalign.text.markup.tags import is_break
from ctcalign.text.scripts import SPACELESS_SCRIPTS, family, script_of, scripts_of
from ctcalign.text.vocabulary import Vocabulary

Times = tuple[float | None, float | None]

# Signs that part two languages on one line, beside line breaks.
_PARTED = re.compile(r"[|｜／]+|(?<=\s)/+(?=\s)|\t+")
_SPELLED = 10  # letters of a writing system that a vocabulary needs to write it: a few may be strays
_SAME_TIME = 0.25  # seconds by which captions of the same time may differ
_FEW = 0.25  # share of the captions that must have both languages
_MOST = 0.6  # share from which they show where a language begins without a sign, or in captions of their own
_NEARLY_ALL = 0.8  # ... for Japanese and Han, since Japanese has lines of kanji alone


@dataclass(frozen=True)
class Translations:
    """What is not spoken because it repeats a caption in another writing system.

    Attributes:
        regions: of each caption, spans [start, end) of its text.
        partners: of a caption that is a translation as a whole, the position of the caption that it translates.
        warning: one line for the user, None without translations.
    """

    regions: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    partners: dict[int, int] = field(default_factory=dict)
    warning: str | None = None


@dataclass(frozen=True)
class _Line:
    """A stretch [start, end) of a caption in one writing system; `dash`: a line of a dialogue."""

    start: int
    end: int
    script: str
    dash: bool


def translations(
    texts: Sequence[str], times: Sequence[Times], vocabulary: Vocabulary, language: str | None = None
) -> Translations:
    """Lines, and captions at the times of others, in a writing system that is not that of the speech.

    The writing system of the speech is that of `language`, else the only one of the two that the vocabulary has; where
    neither decides, nothing is taken for a translation. A name in other letters inside a line is part of the line.

    Args:
        texts: captions with their mark-up, in file order.
        times: their start and end in seconds, None where the file has none.
        vocabulary: of the model.
        language: code of the spoken language, None if it is not known.
    """
    foreign = {script for text in texts if not text.isascii() for script in scripts_of(text)}
    if len({family(script) for script in foreign | {"Latin"}}) < 2:
        return Translations()
    spelled = _spelled(vocabulary)
    native = script_of_language(language) if language else None
    for halved in (False, True):
        lines = [_lines(text, halved) for text in texts]
        regions: dict[int, list[tuple[int, int]]] = {}
        partners: dict[int, int] = {}
        pairs: list[tuple[str, str]] = []
        for script, other in _pairs(lines):
            spoken = native if native in (script, other) else _only(spelled & {script, other})
            if spoken is None:
                continue
            written = other if spoken == script else script
            own, twins = _of_pair(lines, times, _Pair(spoken, written, written in spelled, halved))
            for place, found in own.items():
                regions.setdefault(place, []).extend(found)
            partners.update(twins)
            pairs += [(spoken, written)] if own else []
        if regions:
            return Translations(regions, partners, _warning(pairs, len(regions), len(texts)))
    return Translations()


def _warning(pairs: list[tuple[str, str]], count: int, texts: int) -> str:
    written = " and ".join(dict.fromkeys(script for _, script in pairs))
    return (
        f"captions: bilingual: {count} of {texts} captions have text in {written} letters beside the {pairs[0][0]} "
        "ones; it is kept but treated as not spoken (--language CODE names the spoken language)"
    )


def _only(scripts: set[str]) -> str | None:
    return next(iter(scripts)) if len(scripts) == 1 else None


def _spelled(vocabulary: Vocabulary) -> set[str]:
    """The writing systems that the vocabulary can write; Han with kana beside it is Japanese, which includes it."""
    counts: Counter[str] = Counter()
    for character in vocabulary.characters:
        script = script_of(character)
        if script is not None:
            counts[family(script)] += 1
    return {script for script, count in counts.items() if count >= _SPELLED}


def _lines(text: str, halved: bool) -> list[_Line]:
    """The lines of a caption, each with the writing system of most of its words; lines without letters are omitted.

    Args:
        halved: also part a line where its writing system changes.
    """
    found = [half for part in parts(text) for half in (_halves(text, *part) if halved else [part])]
    return [line for part in found if (line := _line(text, *part)) is not None]


def _line(text: str, start: int, end: int, letters: list[int]) -> _Line | None:
    script = _main_script(text, letters)
    dash = text[start:end].lstrip()[:1] in ("-", "–", "—", "‐", "−")
    return None if script is None else _Line(start, end, script, dash)


def parts(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """Stretches between line breaks and parting signs, and the positions of their visible characters."""
    found: list[Span] = [] if text.isascii() and "<" not in text and "\\" not in text else spans(text)
    visible = [place for span in found if span.kind == "text" for place in range(span.start, span.end)]
    breaks = [(m.start(), m.end()) for m in re.finditer("\n", text)]
    breaks += [(s.start, s.end) for s in found if s.kind == "tag" and is_break(text[s.start : s.end])]
    breaks += [(m.start(), m.end()) for m in _PARTED.finditer(text)]
    if not found:
        visible = list(range(len(text)))
    at = cursor = 0
    for first, stop in [*sorted(breaks), (len(text), len(text))]:
        if first >= at:
            begin = cursor
            while cursor < len(visible) and visible[cursor] < first:
                cursor += 1
            yield at, first, visible[begin:cursor]
        at = max(at, stop)


def _halves(text: str, start: int, end: int, letters: list[int]) -> list[tuple[int, int, list[int]]]:
    """Two halves of a line that changes its writing system once, each of two words or more; else the whole line."""
    scripts = [(place, script) for place in letters if (script := script_of(text[place])) is not None]
    first, last = (_family_of(scripts, 0), _family_of(scripts, -1)) if scripts else ("", "")
    if first == last or {first, last} == {"Han", "Japanese"}:
        return [(start, end, letters)]
    kin = {last, "Han", "Japanese"} if last in ("Han", "Japanese") else {last}
    cut = next(place for place, script in scripts if family(script) in kin)
    if any(family(script) not in kin for place, script in scripts if place > cut):
        kin = {first, "Han", "Japanese"} if first in ("Han", "Japanese") else {first}
        after = [place for place, script in scripts if family(script) in kin]
        cut = next((place for place, _ in scripts if place > after[-1]), end)
    halves = [
        (start, cut, [place for place in letters if place < cut]),
        (cut, end, [place for place in letters if place >= cut]),
    ]
    return halves if all(sum(_words(text, own).values()) >= 2 for _, _, own in halves) else [(start, end, letters)]


def _family_of(scripts: list[tuple[int, str]], place: int) -> str:
    return family(scripts[place][1])


def _words(text: str, letters: list[int]) -> Counter[str]:
    """Words by writing system: a run of letters, or a character of a script without spaces."""
    counts: Counter[str] = Counter()
    before: tuple[int, str | None] = (-2, None)
    for place in letters:
        script = script_of(text[place])
        if script is not None and (script in SPACELESS_SCRIPTS or before != (place - 1, script)):
            counts[family(script)] += 1
        before = (place, script)
    return counts


def _main_script(text: str, letters: list[int]) -> str | None:
    counts = _words(text, letters)
    if counts["Japanese"] * 10 >= counts["Han"] and counts["Japanese"]:  # kanji
        counts["Japanese"] += counts.pop("Han", 0)
    return counts.most_common(1)[0][0] if counts else None


def _pairs(lines: list[list[_Line]]) -> list[tuple[str, str]]:
    """Pairs of writing systems that occur in one caption, or in captions of the whole file, most frequent first."""
    together: Counter[tuple[str, str]] = Counter()
    whole = Counter(script for own in lines if (script := _only({line.script for line in own})) is not None)
    for own in lines:
        scripts = sorted({line.script for line in own})
        together.update((a, b) for i, a in enumerate(scripts) for b in scripts[i + 1 :])
    common = sorted(script for script, _ in whole.most_common(2))
    if len(common) == 2:
        together[common[0], common[1]] += 1
    return [pair for pair, _ in together.most_common()]


@dataclass(frozen=True)
class _Pair:
    """Writing systems of the speech and of the rest; `spelled`: the model writes both."""

    spoken: str
    written: str
    spelled: bool
    halved: bool

    @property
    def most(self) -> float:
        """Share of the captions that is enough evidence whatever the letters."""
        return _NEARLY_ALL if {self.spoken, self.written} == {"Han", "Japanese"} else _MOST

    @property
    def few(self) -> float:
        """Share that is enough where a break or a sign parts the languages; kanji may fill a line of Japanese."""
        return self.most if self.halved or {self.spoken, self.written} == {"Han", "Japanese"} else _FEW


def _of_pair(
    lines: list[list[_Line]], times: Sequence[Times], pair: _Pair
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
    """Regions and partners of one pair of writing systems; empty without enough evidence."""
    scripts = [{line.script for line in own} for own in lines]
    spoken = [place for place, own in enumerate(scripts) if own and pair.spoken in own and pair.written not in own]
    alone = [place for place, own in enumerate(scripts) if own == {pair.written}]
    both = [place for place, own in enumerate(scripts) if {pair.spoken, pair.written} <= own]
    talks = [p for p in both if all(line.dash for line in lines[p] if line.script in (pair.spoken, pair.written))]
    count = len(spoken) + len(both)
    most = len(both) >= 2 and len(both) >= pair.most * count
    # Few lines are enough in letters that the model cannot write and that nobody speaks elsewhere in the file.
    stray = not (pair.spelled or pair.halved or alone) and pair.written != "Latin" and pair.spoken != "Japanese"
    chosen = [place for place in both if most or place not in talks]
    if len(chosen) < 2 or len(chosen) < pair.few * count:
        chosen = chosen if stray else []
    regions = {p: [(line.start, line.end) for line in lines[p] if line.script == pair.written] for p in chosen}
    partners = _partners(spoken, alone, times)
    if len(partners) < 2 or len(partners) < max(_FEW * count, _MOST * len(alone)):
        partners = {}
    for place in alone if most or len(partners) >= _MOST * count else partners:
        regions[place] = [(line.start, line.end) for line in lines[place]]
    return regions, partners


def _partners(spoken: list[int], written: list[int], times: Sequence[Times]) -> dict[int, int]:
    """For captions of `written`, those of `spoken` at the same time; without times the line above or below each.

    Lines without times must alternate throughout.
    """
    timed = sorted((start, place) for place in spoken if (start := times[place][0]) is not None)
    starts = [start for start, _ in timed]
    found = {}
    for place in written:
        start, end = times[place]
        if start is None or end is None:
            continue
        at = bisect_left(starts, start - _SAME_TIME)
        for _, other in timed[at : at + 4]:
            first, last = times[other]
            if first is not None and abs(first - start) <= _SAME_TIME and last and abs(last - end) <= _SAME_TIME:
                found[place] = other
                break
    if found or any(times[place][0] is not None for place in written):
        return found
    kinds = sorted([(place, 0) for place in spoken] + [(place, 1) for place in written])
    changes = sum(a[1] != b[1] for a, b in pairwise(kinds))
    if len(kinds) < 4 or changes < 0.9 * (len(kinds) - 1):
        return {}
    step = -1 if kinds[0][1] == 0 else 1
    homes = set(spoken)
    return {place: place + step for place in written if place + step in homes}
