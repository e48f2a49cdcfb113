"""One reading rule on its own, with the written word, the language and the neighbours."""

from __future__ import annotations

from collections.abc import Callable

from ctcalign.text.readings.locale import Locale, locale_of
from ctcalign.text.readings.tokens import Context, Core, core_of


def phrases(
    rule: Callable[[Core, Locale, Context], list[str]],
    text: str,
    language: str = "en",
    *,
    before: str = "",
    after: str = "",
    capitals: bool = False,
) -> list[str]:
    """What the rule returns in its order, with single spaces and each phrase once."""
    return once(rule(core_of(text), locale_of(language), Context(before, after, capitals)))


def once(found: list[str]) -> list[str]:
    """Single spaces, each phrase once."""
    return list(dict.fromkeys(" ".join(phrase.split()) for phrase in found))
