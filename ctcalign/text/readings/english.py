"""English numbers: with and without "and", years in pairs, "oh" for zero, "double five"."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from ctcalign.text.readings.numbers import MAX_CARDINAL_DIGITS, Numbers

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_REPEATED = {2: "double", 3: "triple"}


def _pair(number: int) -> str:
    """Words for 0 to 99."""
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")


def _words(number: int, joint: str) -> str:
    """Words for a number, `joint` ("" or "and ") before what follows the hundreds."""
    if number < 100:
        return _pair(number)
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_SMALL[hundreds]} hundred" + (f" {joint}{_pair(rest)}" if rest else "")
    scale, name = next(entry for entry in _SCALES if number >= entry[0])
    head, rest = divmod(number, scale)
    if not rest:
        return f"{_words(head, joint)} {name}"
    return f"{_words(head, joint)} {name} {joint if rest < 100 else ''}{_words(rest, joint)}"


def ordinal_of(phrase: str) -> str:
    """ "twenty one" to "twenty first"."""
    head, _, last = phrase.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


class EnglishNumbers(Numbers):
    """Words for numbers in English."""

    def __init__(self) -> None:
        super().__init__("en")

    def cardinal(self, number: int) -> list[str]:
        """ "105" as "one hundred five", "one hundred and five", "a hundred and five"."""
        if number >= 10 ** (MAX_CARDINAL_DIGITS + 1):
            return []
        plain, joined = _words(number, ""), _words(number, "and ")
        short = re.sub(r"^one (?=hundred|thousand|million|billion|trillion)", "a ", joined)
        return list(dict.fromkeys((plain, joined, short)))

    def ordinal(self, number: int) -> list[str]:
        """ "21" as "twenty first"."""
        return [ordinal_of(phrase) for phrase in self.cardinal(number)[:2]]

    def year(self, number: int) -> list[str]:
        """ "1984" as "nineteen eighty four", "1905" as "nineteen oh five"; none outside 1000 to 9999."""
        century, rest = divmod(number, 100)
        if not 10 <= century <= 99:
            return []
        head = _pair(century)
        if rest == 0:
            return [] if century % 10 == 0 else [f"{head} hundred"]
        if rest < 10:
            pairs = [f"{head} oh {_pair(rest)}"]
        else:
            pairs = [f"{head} {_pair(rest)}"]
        if century % 10 == 0:
            return pairs
        return [*pairs, f"{head} hundred {_pair(rest)}", f"{head} hundred and {_pair(rest)}"]

    def digits(self, digits: str) -> list[str]:
        """ "5501" as "five five zero one", "five five oh one", "double five oh one"."""
        plain = " ".join(_SMALL[int(digit)] for digit in digits)
        with_oh = plain.replace("zero", "oh")
        return list(dict.fromkeys((plain, with_oh, _with_doubles(digits)) if len(digits) > 2 else (plain, with_oh)))

    def integer(self, digits: str, *, grouped: bool = False) -> list[str]:
        """The usual ways to read a whole number; see `Numbers.integer`."""
        return list(_integer(digits, grouped))


@lru_cache(maxsize=65536)
def _integer(digits: str, grouped: bool) -> tuple[str, ...]:
    numbers = EnglishNumbers()
    by_digit = numbers.digits(digits)
    if len(digits) > MAX_CARDINAL_DIGITS:
        return tuple(by_digit)
    number = int(digits)
    if len(digits) > 1 and digits[0] == "0":
        return (*by_digit, *numbers.cardinal(number)[:1])
    cardinal = numbers.cardinal(number)
    if grouped:
        hundreds = [form for form in numbers.year(number) if " hundred" in form] if number < 10000 else []
        return (*cardinal, *hundreds)
    if len(digits) == 3:
        head, rest = divmod(number, 100)
        split = [f"{_SMALL[head]} {'oh ' if rest < 10 else ''}{_pair(rest)}"] if rest else []
        return (*cardinal[:2], *split, *by_digit, *cardinal[2:])
    if len(digits) == 4:
        years = numbers.year(number)
        a_year = 1000 < number < 2000 or number >= 2010
        first, then = (years, cardinal) if a_year else (cardinal, years)
        return (*first, *then, *by_digit) if len(first) + len(then) < 6 else (*first, *then[:2], *by_digit, *then[2:])
    return (*cardinal, *(by_digit[:1] if len(digits) == 2 else by_digit))


def _with_doubles(digits: str) -> str:
    words: list[str] = []
    for digit, run in groupby(digits):
        word = "oh" if digit == "0" else _SMALL[int(digit)]
        left = len(list(run))
        while left:
            step = 1 if left == 1 else (3 if left == 3 else 2)
            words.append(f"{_REPEATED[step]} {word}" if step > 1 else word)
            left -= step
    return " ".join(words)
