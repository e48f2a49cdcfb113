"""Roman numerals."""

from __future__ import annotations

import re

from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.tokens import Context, Core

_CANONICAL = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def value_of(numeral: str) -> int:
    """Value of a Roman numeral in capitals, 0 if the text is not one."""
    if not numeral or not _CANONICAL.fullmatch(numeral):
        return 0
    values = [_VALUES[letter] for letter in numeral]
    signed = (-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))
    return sum(signed)


def roman(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "III" as "three" and "the third", "Chapter V", "Henry VIII", "XIXe"; "I" alone as "i" and "one"."""
    match = re.fullmatch(r"([IVXLCDM]+|[ivxlcdm]+)(e|ème|eme|er|è|º|o|ª|a)?", core.text)
    value = value_of(match[1].upper()) if match else 0
    if match is None or not value:
        return []
    suffix = match[2] if locale.language in ("fr", "es", "it", "pt", "ca") else None
    before = context.previous.strip(".,;:!?()\"'").lower()
    named = before in locale.chapters or before in locale.rulers
    small = match[1].islower()
    if match[2] and (not suffix or small):
        return []
    if small and not named and (len(match[1]) < 2 or match[1] not in ("ii", "iii", "iv", "vi", "vii", "viii", "ix")):
        return []
    alone = not context.previous and not context.following
    if len(match[1]) == 1 and not (named or alone or suffix):
        return []
    cardinal, ordinal = locale.numbers.cardinal(value)[:1], locale.numbers.ordinal(value)[:3]
    if not cardinal:
        return []
    with_article = [f"{article} {ordinal[form]}" for article, form in locale.ordinal_article if form < len(ordinal)]
    if suffix:
        return [*ordinal, *cardinal]
    numbers = [*with_article, *ordinal, *cardinal] if before in locale.rulers else [*cardinal, *with_article, *ordinal]
    letters = " ".join(match[1].lower())
    if len(match[1]) == 1:
        return [*numbers, letters] if named else [letters, *numbers]
    word = match[1].lower()
    if named or (set(match[1].upper()) <= set("IVX") and word not in ("xi", "vi")):
        return [*numbers, letters, word]
    return [] if context.capitals or len(word) > 3 else [letters, word, *cardinal]
