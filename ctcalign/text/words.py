"""Split a caption into the words to be aligned, without losing a character."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from ctcalign.text.alternations import ALTERNATION, wordings
from ctcalign.text.joints import is_joint, may_be_glued
from ctcalign.text.markup.spans import Span, spans
from ctcalign.text.markup.spans import spans as markup_spans
from ctcalign.text.markup.tags import is_break
from ctcalign.text.readings import contexts, readings_of
from ctcalign.text.readings.tokens import GROUP_SPACE
from ctcalign.text.scripts import clusters, is_spaceless


@dataclass(frozen=True)
class Word:
    """One word of a caption.

    Attributes:
        text: characters of the caption with attached punctuation: `cue.text[start:end]`.
        start: position of its first character in the caption.
        end: one past its last character.
        spoken: False for mark-up, punctuation on its own and emoji.
        readings: the ways it may be spoken, most likely first, as tuples of lower-case words. Empty when not spoken.
        kind: "word", "punctuation", or the kind of the mark-up ("tag", "note", "speaker", "music", "entity", ...).
    """

    text: str
    start: int
    end: int
    spoken: bool
    readings: tuple[tuple[str, ...], ...] = ()
    kind: str = "word"


def words_of(text: str, language: str | None = "en") -> list[Word]:
    """Split a caption into words, each with the readings that the best path may choose from.

    Every character that is not white space belongs to exactly one word, in order. White space separates words,
    punctuation is part of them; punctuation that glues two words together ends the first, see `is_joint`. In scripts
    without spaces each character is a word. Hard spaces between groups of digits do not split a number. A tag inside a
    word belongs to it ("un<i>like</i>ly" is one word), tags around it are words that are not spoken. An
    alternation of a NIST transcript ("{lighthouse / light house / @}") is one word, its wordings are readings.

    Args:
        text: the caption as the file has it, mark-up included.
        language: code such as "en", "en-GB" or "deu"; None for English. It decides how numbers and signs are read.
    """
    words: list[Word] = []
    place = 0
    for match in ALTERNATION.finditer(text):
        words += _words_between(text, place, match.start(), language)
        words.append(Word(match[0], match.start(), match.end(), *_wordings(match[0], language)))
        place = match.end()
    return words + _words_between(text, place, len(text), language)


def _wordings(text: str, language: str | None) -> tuple[bool, tuple[tuple[str, ...], ...]]:
    """Whether an alternation has a word, and the readings of all of its wordings."""
    readings: list[tuple[str, ...]] = []
    for wording in wordings(text):
        spoken = [word for word in words_of(wording, language) if word.spoken]
        if len(spoken) == 1:
            readings += spoken[0].readings
        elif spoken:
            readings.append(tuple(part for word in spoken for part in word.readings[0]))
    return bool(readings), tuple(dict.fromkeys(readings))


def _words_between(text: str, start: int, end: int, language: str | None) -> list[Word]:
    if start > 0 or end < len(text):
        inner = words_of(text[start:end], language)
        return [replace(word, start=word.start + start, end=word.end + start) for word in inner]
    visible = _Visible(text, markup_spans(text))
    tokens = list(_tokens(visible.text, language))
    around = contexts([visible.text[start:end] for start, end in tokens])
    words = list(visible.silent)
    for (start, end), context in zip(tokens, around, strict=True):
        first, last = visible.origin(start, end)
        readings = readings_of(visible.text[start:end], language, context)
        kind = "word" if readings else "punctuation"
        words.append(Word(text[first:last], first, last, bool(readings), readings, kind))
    return _without_covered(sorted(words, key=lambda word: (word.start, -word.end)))


class _Visible:
    """A caption without its mark-up, and the position of each of its characters in the caption."""

    def __init__(self, text: str, spans: list[Span]) -> None:
        self.silent: list[Word] = []
        characters: list[str] = []
        self._origins: list[tuple[int, int]] = []
        for span in spans:
            raw = text[span.start : span.end]
            replacement = _replacement(span, raw)
            if span.kind == "text":
                characters.extend(raw)
                self._origins.extend((place, place + 1) for place in range(span.start, span.end))
                continue
            if replacement.strip():
                characters.extend(replacement)
                self._origins.extend([(span.start, span.end)] * len(replacement))
                continue
            self.silent.extend(_silent_words(raw, span.start, span.kind))
            if span.kind != "tag" or is_break(raw):
                characters.append(" ")
                self._origins.append((span.start, span.end))
        self.text = "".join(characters)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Span of the caption that the characters [start, end) came from."""
        return self._origins[start][0], self._origins[end - 1][1]


def _replacement(span: Span, raw: str) -> str:
    """The characters of an entity such as "&amp;"; an empty string for any other mark-up."""
    if span.kind != "entity":
        return ""
    return span.spoken if isinstance(span.spoken, str) else raw


def _silent_words(raw: str, start: int, kind: str) -> Iterator[Word]:
    stripped = raw.strip()
    if stripped:
        first = start + raw.index(stripped)
        yield Word(stripped, first, first + len(stripped), False, (), kind)


def _without_covered(words: list[Word]) -> list[Word]:
    """Drop tags that lie inside a spoken word: their characters belong to that word."""
    kept: list[Word] = []
    for word in words:
        if not kept or word.start >= kept[-1].end:
            kept.append(word)
    return kept


def _tokens(text: str, language: str | None) -> Iterator[tuple[int, int]]:
    """Spans of the words in a text without mark-up."""
    start: int | None = None
    held = {match.start() for match in GROUP_SPACE.finditer(text)}
    for place, character in enumerate(text):
        if character.isspace() and place not in held:
            if start is not None:
                yield from _divided(text, start, place, language)
            start = None
        elif start is None:
            start = place
    if start is not None:
        yield from _divided(text, start, len(text), language)


def _divided(text: str, start: int, end: int, language: str | None) -> Iterator[tuple[int, int]]:
    for first, last in _cuts(text[start:end], language):
        yield start + first, start + last


@lru_cache(maxsize=65536)
def _cuts(token: str, language: str | None) -> tuple[tuple[int, int], ...]:
    """Spans of the words in a token without white space: split at joints, and after each spaceless character."""
    if token.isascii() and (token.isalnum() or not may_be_glued(token)):
        return ((0, len(token)),)
    cuts = [0]
    sounded = spaceless = False  # of the word so far
    tail = 0  # start of its trailing punctuation
    for (first, last), (following, _) in pairwise(clusters(token)):
        if _sounds(token[first:last]):
            sounded, spaceless, tail = True, spaceless or is_spaceless(token[first]), last
        # Opening punctuation belongs to the word after it.
        if sounded and _cut_between(token, tail, following, spaceless, language):
            cuts.append(following)
            sounded = spaceless = False
    return tuple(zip(cuts, [*cuts[1:], len(token)], strict=True))


def _cut_between(token: str, tail: int, following: int, spaceless: bool, language: str | None) -> bool:
    """Whether a word whose trailing punctuation is [tail, following) ends before the character at `following`."""
    behind = token[following]
    spaceless = spaceless or is_spaceless(behind)
    if not _sounds(behind):
        # An opening bracket or quotation mark belongs to the character that follows it.
        if unicodedata.category(behind) not in ("Ps", "Pi") and behind not in "\u00a1\u00bf":
            return False
        if spaceless or is_spaceless(token[following + 1 : following + 2] or " "):
            return True
        sounding = next((i for i in range(following, len(token)) if _sounds(token[i])), tail)
        return tail < following and is_joint(token, tail, sounding, language)
    if spaceless or tail == following:
        return spaceless
    return is_joint(token, tail, following, language)


def _sounds(text: str) -> bool:
    """Whether a text has a letter or a digit."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def _spoken_part(raw: str, span: Span) -> str:
    """Spoken text; nothing for tags and invisible characters, which part no words, and a blank for other mark-up."""
    if span.spoken:
        return span.spoken if isinstance(span.spoken, str) else raw
    return "" if span.kind == "tag" and not is_break(raw) else " "


_APOSTROPHES = "'\u2019\u2018\u02bc"


def plain_words(text: str) -> tuple[str, ...]:
    """The spoken words of a text without mark-up, case and punctuation.

    >>> plain_words("<i>Well-known</i> [MUSIC] rock ’n’ roll, isn’t it?")
    ('well', 'known', 'rock', 'n', 'roll', "isn't", 'it')
    """
    visible = "".join(_spoken_part(text[span.start : span.end], span) for span in spans(text))
    letters = unicodedata.normalize("NFKC", visible).casefold()
    kept = "".join("'" if c in _APOSTROPHES else c if unicodedata.category(c)[0] in "LMN" else " " for c in letters)
    return tuple(word for part in kept.split() if (word := part.strip("'")))
