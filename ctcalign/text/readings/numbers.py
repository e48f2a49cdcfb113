"""Numbers in words, by num2words: the fallback for languages without rules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from ctcalign.text.readings.spoken import spoken_words

MAX_CARDINAL_DIGITS = 15  # longer numbers are read digit by digit
_ENDLESS = {"am": 10**6}  # num2words 0.5.14 loops forever from here on
# Raised by num2words for languages and numbers that it does not support.
_UNSUPPORTED = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)


class Numbers:
    """Words for numbers in one language.

    Every method returns phrases, most likely first; an empty result if the language has no words for the number.

    Args:
        code: language code of num2words ("de", "fr_CH").
        variants: other forms of the last word of a number, keyed by that word (the genders of "one").
    """

    def __init__(self, code: str, variants: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.code = code
        self.variants = dict(variants or {})

    def cardinal(self, number: int) -> list[str]:
        """ "5" as "five"."""
        return self._varied(_in_words(number, self.code, "cardinal"))

    def ordinal(self, number: int) -> list[str]:
        """ "5" as "fifth"."""
        return self._varied(_in_words(number, self.code, "ordinal"))

    def year(self, number: int) -> list[str]:
        """ "1984" as a year; in most languages read like any other number."""
        return self.cardinal(number)

    def digits(self, digits: str) -> list[str]:
        """Digit by digit, in ASCII digits."""
        words = [next(iter(self.cardinal(int(digit))), "") for digit in digits]
        return [" ".join(words)] if words and all(words) else []

    def integer(self, digits: str, *, grouped: bool = False) -> list[str]:
        """The ways to read a whole number.

        Args:
            digits: ASCII digits, leading zeros kept.
            grouped: it was written with thousands separators, so it is neither a year nor a code.
        """
        if len(digits) > MAX_CARDINAL_DIGITS:
            return self.digits(digits)
        if len(digits) > 1 and digits[0] == "0":
            return [*self.digits(digits), *self.cardinal(int(digits))]
        phrases = self.cardinal(int(digits))
        if len(digits) == 4 and not grouped:
            phrases = [*phrases[:1], *self.year(int(digits)), *phrases[1:]]
        return phrases if grouped or len(digits) == 1 else [*phrases, *self.digits(digits)]

    def _varied(self, phrase: str) -> list[str]:
        if not phrase:
            return []
        head, _, last = phrase.rpartition(" ")
        return [phrase, *(f"{head} {other}".strip() for other in self.variants.get(last, ()))]


class ChineseNumbers(Numbers):
    """Mandarin numbers, which num2words does not support."""

    _DIGITS = "零一二三四五六七八九"
    _SCALES = ((10**12, "兆"), (10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))

    def cardinal(self, number: int) -> list[str]:
        """ "12" as "十二", "2" also as "两" before a measure word."""
        text = self._text(number)
        if text.startswith("一十"):
            text = text[1:]
        forms = [text]
        if text[0] == "二" and not text.startswith("二十"):
            forms.append("两" + text[1:])
        return forms

    def _text(self, number: int) -> str:
        if number < 10:
            return self._DIGITS[number]
        scale, name = next(entry for entry in self._SCALES if number >= entry[0])
        head, rest = divmod(number, scale)
        tail = ""
        if rest:
            tail = ("零" if rest < scale // 10 else "") + self._text(rest)
        return self._text(head) + name + tail

    def ordinal(self, number: int) -> list[str]:
        """ "第三"."""
        return [f"第{form}" for form in self.cardinal(number)[:1]]

    def digits(self, digits: str) -> list[str]:
        """Digit by digit; a one may be "幺"."""
        plain = "".join(self._DIGITS[int(digit)] for digit in digits)
        return list(dict.fromkeys([plain, plain.replace("零", "〇"), plain.replace("一", "幺")]))

    def year(self, number: int) -> list[str]:
        """Years are read digit by digit."""
        return self.digits(str(number))


@lru_cache(maxsize=4096)
def _in_words(number: int, code: str, kind: str) -> str:
    converter = _converter(code)
    if converter is None or number >= _ENDLESS.get(code, number + 1):
        return ""
    try:
        words = converter(number, lang=code, to=kind)
    except _UNSUPPORTED:
        return ""
    return " ".join(spoken_words(words)) if isinstance(words, str) else ""


@lru_cache(maxsize=64)
def _converter(code: str) -> Callable[..., object] | None:
    """The function `num2words` if it supports the language. Imported late: the import takes 0.3 s."""
    from num2words import CONVERTER_CLASSES, num2words

    return num2words if code in CONVERTER_CLASSES else None  # type: ignore[no-any-return,unused-ignore]


def supports(code: str) -> bool:
    """Whether num2words has the language."""
    return _converter(code) is not None
