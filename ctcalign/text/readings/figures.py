"""Numbers written in digits: whole, decimal, ordinal, decades, fractions, telephone numbers, versions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.spoken import combined
from ctcalign.text.readings.tokens import Context, Core, core_of

FRACTION_MARK = "\u2064"  # stands before a vulgar fraction such as ½
# Groups of digits with a mark between them; none is needed beside the brackets of an area code.
_TELEPHONE = re.compile(r"(?:\+\d+(?=\()|\+)?\(?\d+\)?(?:(?:[-./]|(?<=\)))\(?\d+\)?)*")


class Figure(NamedTuple):
    """A number as written: digits before and after the decimal mark."""

    whole: str
    decimals: str = ""
    grouped: bool = False

    @property
    def is_one(self) -> bool:
        """Whether the counted noun is singular."""
        return self.whole == "1" and not self.decimals


@lru_cache(maxsize=64)
def _grammar(decimal: str, thousands: str) -> re.Pattern[str]:
    marks = re.escape(thousands)
    other = "." if decimal == "," else ""
    return re.compile(
        rf"(?P<grouped>\d{{1,3}}(?:[{marks}]\d{{3}})+|\d{{1,3}}(?:[.,]\d{{3}}){{2,}}|\d{{1,2}}(?:[{marks}]\d{{2}})+[{marks}]\d{{3}})?"
        rf"(?P<plain>\d*)(?:[{re.escape(decimal + other)}](?P<decimals>\d+))?"
    )


def figure_of(text: str, locale: Locale) -> Figure | None:
    """Parse a number in the notation of the language; None when the text is not a number."""
    match = _grammar(locale.decimal, locale.thousands).fullmatch(text)
    if match is None or (match["grouped"] and match["plain"]):
        return None
    whole = match["grouped"] or match["plain"]
    decimals = match["decimals"] or ""
    if not whole and not decimals:
        return None
    return Figure(re.sub(r"\D", "", whole), decimals, bool(match["grouped"]))


def say(figure: Figure, locale: Locale) -> list[str]:
    """The ways to read a number on its own."""
    numbers = locale.numbers
    if not figure.decimals:
        return numbers.integer(figure.whole, grouped=figure.grouped)
    decimals = numbers.digits(figure.decimals)[:2]
    if len(figure.decimals) in (2, 3) and figure.decimals[0] != "0":
        decimals.insert(1, next(iter(numbers.cardinal(int(figure.decimals))), ""))
    whole = numbers.cardinal(int(figure.whole))[:2] if figure.whole else [""]
    if figure.whole == "0" and locale.language == "en":
        whole += ["", "oh"]
    decimals = [form for form in decimals if form]
    return combined([whole, locale.point, decimals]) if whole and decimals else []


def say_amount(figure: Figure, locale: Locale) -> list[str]:
    """The ways to read a number before a unit or noun: never digit by digit."""
    if figure.decimals:
        return say(figure, locale)
    if len(figure.whole) > 1 and figure.whole[0] == "0":
        return say(figure, locale)
    cardinal = locale.numbers.integer(figure.whole, grouped=True)
    years = locale.numbers.year(int(figure.whole))[:1] if len(figure.whole) == 4 and not figure.grouped else []
    return list(dict.fromkeys([*cardinal[:2], *years, *cardinal[2:]]))


def number(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "1984", "3.14", "1,250", "-5", "+3", ".5", "2.0.1", "10^2"."""
    text = core.text
    sign = {"-": locale.minus, "+": locale.plus}.get(text[0], ())
    figure = figure_of(text[1:] if sign else text, locale)
    if figure is not None:
        phrases = say(figure, locale)
        if sign:
            signed = combined([sign, phrases[:4]])
            return [*signed, *phrases[:2]] if text[0] == "-" else signed
        if context.previous in ("-", "\u2013", "\u2014") and locale.to:
            phrases = [*phrases[:5], *(f"{locale.to[0]} {phrase}" for phrase in phrases[:3])]
        return [*_date_forms(core, figure, locale, context), *_thousands(figure, locale, context), *phrases]
    if locale.point and re.fullmatch(r"\d+(?:\.\d+){2,5}", text):
        parts = [locale.numbers.integer(part)[:2] for part in text.split(".")]
        points = (*locale.point, *locale.address.get(".", ()), "")
        return [phrase for point in points for phrase in combined(_joined(parts, [point]), 2)]
    power = re.fullmatch(r"(\d+|[^\W\d_])\^(\d)", text)
    if power and power[2] in locale.powers:
        base = locale.numbers.integer(power[1])[:3] if power[1].isdigit() else [power[1]]
        return combined([base, [locale.powers[power[2]]]])
    return []


def _joined(parts: list[list[str]], joint: list[str]) -> list[list[str]]:
    woven = [choices for part in parts for choices in (joint, part)]
    return woven[1:]


def _thousands(figure: Figure, locale: Locale, context: Context) -> list[str]:
    """ "12 500": a number followed by a group of three digits may count thousands."""
    groups = re.fullmatch(r"\d{3}", core_of(context.following).text)
    if not groups or len(figure.whole) > 3 or figure.whole[:1] in ("", "0") or figure.decimals:
        return []
    return locale.numbers.cardinal(int(figure.whole) * 1000)[:1]


def _date_forms(core: Core, figure: Figure, locale: Locale, context: Context) -> list[str]:
    """Ordinals for the day of a month ("3 May", "May 3"), and where a dot marks an ordinal ("3. Mai")."""
    value = int(figure.whole or "0")
    if figure.decimals or figure.grouped or not value or len(figure.whole) > 2:
        return []
    behind = _bare(context.following) in locale.month_names
    near_month = value <= 31 and (behind or _bare(context.previous) in locale.month_names)
    if not near_month and not (core.dotted and locale.dotted_ordinals and context.following):
        return []
    ordinals = locale.numbers.ordinal(value)
    if locale.language != "en":
        return ordinals if core.dotted or value == 1 else []
    ordinal = ordinals[0]
    if behind:
        return [f"{ordinal} of", f"the {ordinal} of", f"the {ordinal}", ordinal, *locale.numbers.cardinal(value)]
    return [*locale.numbers.cardinal(value), ordinal, f"the {ordinal}"]


def _bare(token: str) -> str:
    return token.strip(".,;:!?()\"'").lower()


def ordinal(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "1st", "22nd", "3º", "2ème"."""
    match = re.fullmatch(rf"(\d[\d,.]*)-?\.?({locale.ordinal_suffix})", core.text, re.IGNORECASE)
    figure = figure_of(match[1].rstrip(".,"), locale) if match else None
    if figure is None or figure.decimals or len(figure.whole) > 9:
        return []
    phrases = locale.numbers.ordinal(int(figure.whole))
    if locale.language == "en":
        return [*phrases, *(f"the {phrase}" for phrase in phrases[:1])]
    return [*phrases, *locale.numbers.cardinal(int(figure.whole))[:1]] if phrases else []


def decade(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "1980s", "'90s", "1900's", "'84"."""
    match = re.fullmatch(r"'?(\d{2,4})'?s", core.text)
    if match and locale.decade is not None:
        return locale.decade(match[1])
    match = re.fullmatch(r"'(\d\d)", core.text)
    if match is None:
        return []
    short = locale.numbers.integer(match[1])[:2]
    return [*short, *locale.numbers.year(1900 + int(match[1]))[:1], *locale.numbers.year(2000 + int(match[1]))[:1]]


def fraction(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "2/3", "½", "2½"; also "9/11" as two numbers."""
    match = re.fullmatch(rf"(?:(\d+){FRACTION_MARK}|{FRACTION_MARK})?(\d{{1,4}})/(\d{{1,4}})", core.text)
    if match is None:
        return []
    numerator, denominator = int(match[2]), int(match[3])
    named = locale.fraction(numerator, denominator)
    if match[1]:
        whole = locale.numbers.integer(match[1])[:2]
        return combined([whole, [locale.conjunction], named])
    above, below = locale.numbers.integer(match[2])[:1], locale.numbers.integer(match[3])[:2]
    if FRACTION_MARK in core.text and named:
        return named
    joined = [f"{above[0]} {joint} {form}" for joint in locale.over for form in below[:1]] if above and below else []
    plain = combined([above, below]) if above and below else []
    if context.previous.isdigit() and locale.conjunction:
        named = [*(f"{locale.conjunction} {form}" for form in named), *named]
    if numerator < denominator:
        return [*named[:5], *joined, *plain]
    return [*plain[:1], *joined, *named, *plain[1:]]


def telephone(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "555-0123", "+1-800-555-0199", "(212)555-0123": digit by digit."""
    text = core.text
    groups = re.findall(r"\d+", text)
    digits = "".join(groups)
    if not _TELEPHONE.fullmatch(text) or not 7 <= len(digits) <= 15:
        return []
    if not (text[0] == "+" or (len(groups) > 1 and len(groups[-1]) >= 3 and groups[0] != groups[-1])):
        return []
    if len(groups) == 2 and len(groups[0]) == len(groups[1]) == 4:
        return []  # a span of years
    phrases = locale.numbers.digits(digits)
    hundreds = [
        next(iter(locale.numbers.cardinal(int(group))), "") if len(group) == 3 and group.endswith("00") else ""
        for group in groups
    ]
    if any(hundreds) and phrases:
        parts = (name or locale.numbers.digits(group)[0] for name, group in zip(hundreds, groups, strict=True))
        phrases.insert(1, " ".join(parts))
    return [f"{locale.plus[0]} {phrase}" for phrase in phrases] + phrases if text[0] == "+" and locale.plus else phrases
