"""Where a caption may be broken, and the best places to do so.

A line may end at white space, and between the characters of Chinese and Japanese except before closing and after
opening punctuation. Thai, Lao, Khmer and Burmese are broken only at spaces: they have none between words, and finding
words requires a dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ctcalign.formats.shared.mark_up import TAG, unescaped
from ctcalign.text.scripts import clusters, script_of

_CHUNK = re.compile("(?:\\S|[\u00a0\u2007\u202f])+")  # no-break spaces
_IDEOGRAPHS = frozenset({"Han", "Hiragana", "Katakana", "Bopomofo"})
_OPENING = frozenset("([{<\"'«“‘「『（［｛〈《【〔〖¿¡")
_CLOSING = frozenset(")]}>»”’」』）］｝〉》】〕〗、。，．：；！？!?,.:;…‥・ー々〜～％%")
_SENTENCE, _CLAUSE, _LINE = 3.0, 2.0, 2.0  # how good a break is after a sentence, a clause, a line of the input
_SHORT_WORD = -1.0  # mostly an article or a preposition, which stays with the next word
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_KANA = re.compile("[\u3041-\u30ff]")
_TAG_MARK = "\0"


@dataclass
class Atom:
    """The smallest piece of a text without a place for a line break inside, [start, stop) with its tags.

    Attributes:
        width: visible characters.
        space: white space before it.
        strength: how good a line break after it is; 0 for an ordinary word.
        begin, end: seconds, None if none of its words is timed.
    """

    start: int
    stop: int
    width: int
    space: bool
    strength: float = 0.0
    begin: float | None = None
    end: float | None = None


def atoms_of(text: str) -> list[Atom]:
    """The atoms of a caption with mark-up, in order.

    >>> [atom.width for atom in atoms_of("<i>- Well, yes</i> &amp; no !")]
    [7, 3, 1, 4]
    """
    masked = list(text)
    for tag in TAG.finditer(text):
        masked[tag.start() : tag.end()] = ("\n" if is_break(tag) else _TAG_MARK) * (tag.end() - tag.start())
    hidden = "".join(masked)
    out: list[Atom] = []
    pending: int | None = None  # start of what belongs to the next atom
    for chunk in _CHUNK.finditer(hidden):
        for start, stop in _divided(hidden, *chunk.span()):
            seen = hidden[start:stop].replace(_TAG_MARK, "")
            space = start == chunk.start()
            if not any(map(str.isalnum, seen)):
                opens = _begins(seen, hidden, out, start) if seen else not text.startswith("</", start)
                if opens:
                    pending = start if pending is None else pending
                    continue
                if out and pending is None:
                    out[-1].stop = stop
                    continue
            out.append(Atom(start if pending is None else pending, stop, 0, space or pending is not None))
            pending = None
    if pending is not None:
        if out:
            out[-1].stop = len(text.rstrip())
        else:
            out.append(Atom(pending, len(text.rstrip()), 0, False))
    for place, atom in enumerate(out):
        atom.width = width_of(text[atom.start : atom.stop])
        following = out[place + 1].start if place + 1 < len(out) else len(text)
        atom.strength = _strength(hidden[atom.start : atom.stop], "\n" in hidden[atom.stop : following])
    return out


def _begins(sign: str, hidden: str, before: list[Atom], start: int) -> bool:
    """Whether a sign between spaces belongs to what follows: at the start of a line, or a dash after a sentence."""
    if not before or "\n" in hidden[before[-1].stop : start]:
        return True
    return sign in ("-", "–", "—") and _strength(hidden[before[-1].start : before[-1].stop], False) == _SENTENCE


def width_of(text: str) -> int:
    """Number of visible characters: no tags or directional marks; a grapheme cluster or character reference is one.

    Small kana have the width of a character.
    """
    bare = _UNSEEN.sub("", unescaped(TAG.sub("", text)))
    small = (
        sum(script_of(sign) in ("Hiragana", "Katakana") for a, b in clusters(bare) for sign in bare[a + 1 : b])
        if _KANA.search(bare)
        else 0
    )
    return len(clusters(bare)) + small


def _strength(text: str, line_end: bool) -> float:
    seen = text.replace(_TAG_MARK, "")
    tail = seen.rstrip("\"'»”’)]」』）")[-1:]
    if tail and tail in ".!?…。！？":
        return _SENTENCE
    if tail and tail in ",;:、，；：–—":
        return _CLAUSE
    return _LINE if line_end else _SHORT_WORD if len(seen) <= 3 and seen.isascii() else 0.0


def _divided(hidden: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Spans of a chunk without white space, cut between ideographs."""
    begin, previous = start, ""
    for a, b in clusters(hidden[start:stop]):
        here = hidden[start + a : start + b]
        if here == _TAG_MARK:
            continue
        if previous and may_part(previous, here):
            cut = start + a
            while cut > begin and hidden[cut - 1] == _TAG_MARK:  # tags between the two open the second part
                cut -= 1
            yield begin, cut
            begin = cut
        previous = here
    yield begin, stop


def is_break(tag: re.Match[str]) -> bool:
    """Whether a match of `TAG` is the line break `<br>`."""
    return (tag["name"] or "").lower() == "br"


def may_part(previous: str, here: str) -> bool:
    """Whether a line may end between two characters (clusters) that have no space between them."""
    before, after = script_of(previous[0]), script_of(here[0])
    if before not in _IDEOGRAPHS and after not in _IDEOGRAPHS:
        return False
    if before == after == "Katakana":  # one foreign word
        return False
    return here[0] not in _CLOSING and previous[-1] not in _OPENING


def length(atoms: Sequence[Atom], first: int, stop: int) -> int:
    """Characters of the atoms [first, stop) on one line."""
    return sum(atom.width for atom in atoms[first:stop]) + sum(atom.space for atom in atoms[first + 1 : stop])


def line_count(atoms: Sequence[Atom], first: int, stop: int, longest: int) -> int:
    """Fewest lines of at most `longest` characters that hold the atoms; a longer atom has a line of its own."""
    count, filled = 1, 0
    for place in range(first, stop):
        more = atoms[place].width + (atoms[place].space if place > first else 0)
        if filled and filled + more > longest:
            count, filled = count + 1, atoms[place].width
        else:
            filled += more
    return count


def best_parts(
    atoms: Sequence[Atom],
    first: int,
    stop: int,
    fits: Callable[[int, int], bool],
    capacity: int,
    extra: Callable[[int], float] = lambda place: 0.0,
) -> list[tuple[int, int]]:
    """The fewest parts of [first, stop) that fit, of these the most even, broken at punctuation where it is near.

    Args:
        fits: whether the atoms [a, b) are one part; true for (a, a + 1), and for what lies inside a part that fits.
        capacity: characters of a full part.
        extra: further strength of a break before an atom.
    """
    best: dict[int, tuple[int, float, int]] = {first: (0, 0.0, first)}  # parts, cost, start of the last part
    for end in range(first + 1, stop + 1):
        for begin in range(end - 1, first - 1, -1):
            if end - begin > 1 and not fits(begin, end):
                break
            count, cost, _ = best[begin]
            cost += (length(atoms, begin, end) / capacity) ** 2
            if end < stop:
                cost -= 0.08 * (atoms[end - 1].strength + extra(end))
            if end not in best or (count + 1, cost) < best[end][:2]:
                best[end] = (count + 1, cost, begin)
    parts = []
    while stop > first:
        begin = best[stop][2]
        parts.append((begin, stop))
        stop = begin
    return parts[::-1]


def balanced_lines(atoms: Sequence[Atom], first: int, stop: int, longest: int) -> list[tuple[int, int]]:
    """The atoms [first, stop) as the fewest lines of at most `longest` characters, of about equal length."""
    return best_parts(atoms, first, stop, lambda a, b: length(atoms, a, b) <= longest, longest)
