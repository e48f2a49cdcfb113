"""Shared parts of STM and CTM: names of channels, and alternations resolved for other formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.formats.shared.drafts import Source
from ctcalign.text.alternations import ALTERNATION, wordings

NIST = ("stm", "ctm")


def without_comments(source: Source) -> Iterator[tuple[int, str]]:
    """The numbered lines that are no comments (";;"); comments are kept beside: the first ones as the header."""
    comments: list[tuple[int, str]] = []
    header = True
    for n, line in source.numbered():
        if not line.lstrip().startswith(";;"):
            if header and comments:
                source.beside.header = "\n".join(text for _, text in comments)
            elif comments:
                source.beside.blocks += [(row, "comment", text) for row, text in comments]
            header, comments = False, []
            yield n, line
        else:
            comments.append((n, line))
    source.beside.blocks += [(row, "comment", text) for row, text in comments]


def channel_namer(alignment: Alignment) -> dict[int | None, str]:
    """A name for each channel: the name in the file, else one like those of the other channels, else numbers from 1."""
    given: dict[int | None, str] = {}
    if alignment.source is not None and alignment.source.format in NIST:
        for cue in alignment.cues:
            if isinstance(name := cue.attributes.get("channel"), str):
                given.setdefault(cue.channel, name)
    names = [name for channel, name in given.items() if channel is not None]
    letters = any(name.isalpha() for name in names)
    lower = any(name.islower() for name in names)
    base = 0 if "0" in names else 1
    out = dict(given)
    for channel in {cue.channel for cue in alignment.cues}:
        if channel not in out:
            number = channel or 0
            lettered = letters and 0 <= number < 26
            out[channel] = chr(ord("a" if lower else "A") + number) if lettered else str(number + base)
    return out


def without_alternations(alignment: Alignment) -> Alignment:
    """A copy in which each alternation is the wording that was recognised, else its first one."""
    if alignment.source is None or alignment.source.format not in NIST:
        return alignment
    cues = [_resolved(cue) if ALTERNATION.search(cue.text) else cue for cue in alignment.cues]
    return replace(alignment, cues=cues)


def _resolved(cue: AlignedCue) -> AlignedCue:
    known = [word for word in cue.words if ALTERNATION.fullmatch(word.text)]
    found = iter(known)
    chosen = [_wording(match[0], next(found, None)) for match in ALTERNATION.finditer(cue.text)]
    texts = iter(chosen)
    text = ALTERNATION.sub(lambda match: next(texts), cue.text)
    words = list(_words(cue.words, iter(chosen)))
    return replace(cue, text=re.sub(r"(?<=\s) +|^ +| +$", "", text), words=words)


def _wording(text: str, word: AlignedWord | None) -> str:
    among = wordings(text)
    if word is not None and word.reading is not None:
        return next((one for one in among if one.lower() == word.reading.lower()), word.reading)
    if word is not None and word.status == "not_spoken" and "" in among:
        return ""
    return next((one for one in among if one), "")


def _words(words: Iterable[AlignedWord], chosen: Iterator[str]) -> Iterator[AlignedWord]:
    for word in words:
        if not ALTERNATION.fullmatch(word.text):
            yield word
            continue
        parts = next(chosen, "").split()
        total = sum(map(len, parts))
        done = 0
        for part in parts:
            span = word.span
            if span is None:
                yield replace(word, text=part, reading=None)
            else:  # in proportion to letters
                start = span.start + span.duration * done / total
                done += len(part)
                end = span.start + span.duration * done / total
                yield replace(word, text=part, reading=None, start=start, end=end, tokens=[])
