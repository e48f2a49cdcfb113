"""The text form of Praat's files, long and short: their tokens, and the tiers of a TextGrid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import number
from ctcalign.formats.shared.drafts import Source
from ctcalign.formats.shared.reading.tiers import Tier

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)%?(?!\S)|(?<!\S)<(?P<flag>\w+)>'
)


def tiers_of(source: Source) -> list[Tier]:
    """The tiers of a TextGrid in text form; raises a CaptionError if it is damaged."""
    tokens = ((m.lastgroup, m.group(m.lastgroup or 0)) for m in _TOKEN.finditer(_without_comments(source.text)))
    reader = _Tokens(tokens, source.name)
    head = [reader.text(), reader.text()]
    if "ooTextFile" not in head[0] or "TextGrid" not in head[1]:
        raise CaptionError(f"{source.name}: expected a Praat TextGrid, got {head[1]!r}; save the TextGrid as text")
    reader.number(), reader.number()
    if not reader.flag_exists():
        return []
    tiers = []
    for _ in range(int(reader.number())):
        kind, name = reader.text(), reader.text()
        reader.number(), reader.number()
        tier = Tier(name.replace('""', '"'), kind == "IntervalTier")
        for _ in range(int(reader.number())):
            start = reader.number()
            end = reader.number() if tier.interval else start
            tier.rows.append((start, end, reader.text().replace('""', '"')))
        tiers.append(tier)
    return tiers


def _without_comments(text: str) -> str:
    """The text without Praat's comments, which begin with "!" outside quotes."""
    if "!" not in text:
        return text
    return re.sub(r'("(?:[^"]|"")*")|(?<!\S)![^\n]*', lambda m: m[1] or "", text)


class _Tokens:
    """The tokens in order; raises an error that names what is missing."""

    def __init__(self, tokens: Iterator[tuple[str | None, str]], name: str) -> None:
        self._tokens = tokens
        self._name = name

    def text(self) -> str:
        return self._next("text")

    def number(self) -> float:
        found = number(text := self._next("number"))
        if found is None:
            raise CaptionError(
                f"{self._name}: damaged TextGrid: the number {text[:30]!r} is not a time; save it again in Praat"
            )
        return found

    def flag_exists(self) -> bool:
        return self._next("flag") == "exists"

    def _next(self, kind: str) -> str:
        # In the long form "item [1]:" gives no token, so both forms have the same sequence of kinds.
        got, value = next(self._tokens, (None, ""))
        if got != kind:
            found = f"{got} {value[:30]!r}" if got else "its end"
            raise CaptionError(
                f"{self._name}: damaged TextGrid: expected a {kind}, got {found}; save it again in Praat"
            )
        return value
