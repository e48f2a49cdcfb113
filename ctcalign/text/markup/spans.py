"""The parts of a caption and whether they are spoken: tags, notes, speaker labels, music signs, entities and words.

The rules look at one cue. Text in square brackets is always a note (editorial ones such as [sic] are not spoken
either), except a bracket that completes a word ("[T]he"). Parentheses are ambiguous, since "(in 1984)" is often read
aloud: `notes.is_note` decides. A speaker label ("JOHN SMITH:") must start a line and look like a name, see `labels`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from ctcalign.text.markup.labels import label_end
from ctcalign.text.markup.notes import is_music_note, is_note
from ctcalign.text.markup.tags import CONTROL, EMOJI, ENTITY, is_break, tag_regions

MUSIC_SIGNS = "♩♪♫♬¶🎵🎶"

_MUSIC = re.compile("[" + MUSIC_SIGNS + "]+|â™[ªÂ«]")  # the second: ♪ or ♫ in UTF-8 read as cp1252
_HASH = re.compile(r"(?m)(?:^[ \t]*(#+)(?=[ \t]+\D))|(?:(?<=[ \t])(#+)[ \t]*$)")
_SQUARE = re.compile(r"\[[^\[\]]*\]|［[^［］]*］|【[^【】]*】|〔[^〔〕]*〕")
_NAMED = re.compile(r"(?m)^[ \t]*(?:\[[^\[\]\n]*\]|\([^()\n]*\))[ \t]*([:：])(?=\s|$)")  # "[John]: Hi"
_ROUND = re.compile(r"\([^()]*\)|（[^（）]*）|\{[^{}]*\}")
_STARS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,60}?)(?<=\S)\*(?![\w*])")
_CHEVRONS = re.compile(r"(?:(?<=\s)|^)>{2,}|^»|(?m:^[ \t]*>+(?=\s))")
_DASH = re.compile(r"(?m)^[ \t]*([-‐‑–—−])(?![-‐‑–—−\d])(?=\s*\S)")


@dataclass(frozen=True)
class Span:
    """A stretch text[start:end] of a cue.

    `kind`: text, entity, space, tag (also zero-width and direction characters, ASS and HTML line breaks), note, speaker
    (label, ">>"), dash (of a dialogue), music (the sign), symbol (emoji).
    `spoken`: False, True, or, for an entity, the characters that it stands for. Text without a letter, figure or sign
    that has a name is not spoken. Text and entities that touch make one word ("AT" "&amp;" "T"), also around a tag.
    """

    start: int
    end: int
    kind: str
    spoken: bool | str


@dataclass(frozen=True)
class _Visible:
    """The cue without tags and control characters, entities decoded; `at[i]` is the index of character i in the cue."""

    text: str
    at: tuple[tuple[int, int], ...]


def spans(text: str) -> list[Span]:
    """Split the text of a cue into spans, in order and without gaps; an empty text has none."""
    # One (kind, group) per character; adjacent characters of one group become one span.
    marks: list[tuple[str, int] | None] = [None] * len(text)
    says: dict[int, str] = {}
    group = _mark_atoms(text, marks, says)
    seen = _visible(text, marks, says)
    taken: list[str | None] = [None] * len(seen.text)
    for start, end, kind in _regions(seen.text):
        group += 1
        for i in range(start, end):
            if taken[i] is None:
                taken[i] = kind
                first, stop = seen.at[i]
                marks[first:stop] = [(kind, group)] * (stop - first)
    return _assemble(text, marks, says)


def spoken_text(text: str) -> str:
    """The spoken text of a cue: entities decoded, one blank where mark-up or white space separates words."""
    out: list[str] = []
    found = spans(text)
    if not any(span.spoken for span in found):
        return ""
    for span in found:
        if span.spoken:
            out.append(span.spoken if isinstance(span.spoken, str) else text[span.start : span.end])
        elif span.kind == "text":
            out.append(text[span.start : span.end])
        elif span.kind != "tag" or is_break(text[span.start : span.end]):
            out.append(" ")
    return " ".join("".join(out).split())


def _mark_atoms(text: str, marks: list[tuple[str, int] | None], says: dict[int, str]) -> int:
    """Mark what can be classified without context: tags, entities, control characters, emoji."""
    group = 0
    for start, end, kind in tag_regions(text):
        group += 1
        marks[start:end] = [(kind, group)] * (end - start)
    for match in ENTITY.finditer(text):
        said = html.unescape(html.unescape(match.group()))
        if marks[match.start()] is not None or said == match.group():
            continue
        group += 1
        kind = "tag" if CONTROL.fullmatch(said) else "space" if said.isspace() else "entity"
        marks[match.start() : match.end()] = [(kind, group)] * (match.end() - match.start())
        if kind != "tag":
            says[group] = said
    for pattern, kind in ((CONTROL, "tag"), (EMOJI, "symbol")):
        for match in pattern.finditer(text):
            if marks[match.start()] is None:
                group += 1
                marks[match.start() : match.end()] = [(kind, group)] * (match.end() - match.start())
    return group


def _visible(text: str, marks: list[tuple[str, int] | None], says: dict[int, str]) -> _Visible:
    chars: list[str] = []
    at: list[tuple[int, int]] = []
    i = 0
    while i < len(text):
        mark = marks[i]
        stop = i + 1
        if mark is None:
            chars.append(text[i])
            at.append((i, stop))
        else:
            while stop < len(text) and marks[stop] == mark:
                stop += 1
            shown = "\n" if mark[0] == "tag" and is_break(text[i:stop]) else says.get(mark[1], "")
            for c in shown:
                chars.append(c)
                at.append((i, stop))
        i = stop
    return _Visible("".join(chars), tuple(at))


def _regions(seen: str) -> list[tuple[int, int, str]]:
    """Regions of the visible text that are not spoken; where two overlap, the earlier one wins."""
    out = [(m.start(), m.end(), "note") for m in _SQUARE.finditer(seen) if not _completes_word(seen, m)]
    out += [(m.start(), m.end(), "speaker") for m in _NAMED.finditer(seen)]
    rest = _blank(seen, out)
    shouted = not any(c.islower() for c in _ROUND.sub("", rest))
    out += [
        (m.start(), m.end(), "note") for m in _ROUND.finditer(rest) if is_note(m.group()[1:-1], m.group()[0], shouted)
    ]
    out += [(m.start(), m.end(), "note") for m in _STARS.finditer(rest) if is_note(m.group(1), "*", shouted)]
    out += _unclosed(rest)
    signs = [(m.start(), m.end(), "music") for m in _MUSIC.finditer(seen)]
    signs += _hashes(seen)
    if signs and is_music_note(_blank(seen, out + signs)):
        signs += [(m.start(), m.end(), "note") for m in re.finditer(r"\S+", _blank(seen, out + signs))]
    return out + signs + _line_starts(_blank(seen, out + signs))


def _hashes(seen: str) -> list[tuple[int, int, str]]:
    """ "# Happy birthday #": number signs around lyrics. One at the end of a line ("in C #") does not count."""
    found = list(_HASH.finditer(seen))
    if not any(m.group(1) for m in found):
        return []
    return [(m.start(which), m.end(which), "music") for m in found for which in (1 if m.group(1) else 2,)]


def _completes_word(seen: str, match: re.Match[str]) -> bool:
    """ "[T]he", "walk[ed]": letters supplied by an editor; they are read as part of the word."""
    inside = match.group()[1:-1]
    before, after = seen[max(0, match.start() - 1) : match.start()], seen[match.end() : match.end() + 1]
    return match.group()[0] == "[" and inside.isalpha() and len(inside) <= 4 and (before.isalpha() or after.islower())


def _unclosed(seen: str) -> list[tuple[int, int, str]]:
    """A note cut in two by the end of the cue: "[MUSIC" or "PLAYING]"."""
    opened = re.search(r"\[([^\[\]]*)$", seen)
    closed = re.match(r"([^\[\]]*)\]", seen)
    out = []
    if opened and is_note(opened.group(1), "[", False):
        out.append((opened.start(), opened.end(), "note"))
    if closed and is_note(closed.group(1), "[", False):
        out.append((closed.start(), closed.end(), "note"))
    return out


def _line_starts(rest: str) -> list[tuple[int, int, str]]:
    """Chevrons, dialogue dashes and speaker labels; `rest` has blanks where the text is classified already."""
    out = [(m.start(), m.end(), "speaker") for m in _CHEVRONS.finditer(rest)]
    rest = _blank(rest, out)
    dashes = [(m.start(1), m.end(1), "dash") for m in _DASH.finditer(rest)]
    rest = _blank(rest, dashes)
    begins = {0, *(i + 1 for i, c in enumerate(rest) if c == "\n"), *(end for _, end, _ in out)}
    after_chevrons = {end for _, end, _ in out}
    for begin in sorted(begins):
        stop = rest.find("\n", begin)
        # A label fits into 200 characters; limiting the search keeps long paragraphs cheap.
        line = rest[begin : min(begin + 200, stop if stop >= 0 else len(rest))]
        end = label_end(line, rest, begin in after_chevrons)
        if end:
            first = begin + len(line) - len(line.lstrip())
            out.append((first, begin + end, "speaker"))
    return out + dashes


def _blank(seen: str, regions: list[tuple[int, int, str]]) -> str:
    chars = list(seen)
    for start, end, _ in regions:
        for i in range(start, end):
            if chars[i] != "\n":
                chars[i] = " "
    return "".join(chars)


def _assemble(text: str, marks: list[tuple[str, int] | None], says: dict[int, str]) -> list[Span]:
    out: list[Span] = []
    i = 0
    while i < len(text):
        mark = marks[i]
        stop = i + 1
        while stop < len(text) and marks[stop] == mark:
            stop += 1
        if mark is None:
            out += _plain(text, i, stop)
        elif mark[0] == "entity":
            out.append(Span(i, stop, "entity", says[mark[1]]))
        else:
            out.append(Span(i, stop, mark[0], False))
        i = stop
    return out


def _plain(text: str, start: int, stop: int) -> list[Span]:
    """Split plain text into text and white space; a line break is always a span of its own."""
    out = []
    for match in re.finditer(r"\s*\n\s*|[^\S\n]+$|^[^\S\n]+|(?:[^\s]|[^\S\n]+(?=\S))+|\s+", text[start:stop]):
        piece = match.group()
        kind = "space" if piece.isspace() else "text"
        out.append(Span(start + match.start(), start + match.end(), kind, kind == "text" and _has_words(piece)))
    return out


def _has_words(piece: str) -> bool:
    """Whether a piece has letters, digits or signs that are read aloud (%, &, @, +, $, °), not just punctuation."""
    return any(
        unicodedata.category(c)[0] in "LNM" or c in "%&@#" or unicodedata.category(c) in ("Sc", "Sm", "So")
        for c in piece
    )
