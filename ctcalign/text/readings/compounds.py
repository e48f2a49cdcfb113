"""Words joined by hyphens, slashes and signs, read part by part."""

from __future__ import annotations

import re
from collections.abc import Callable

from ctcalign.text.readings.figures import figure_of, say_amount
from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.spoken import combined
from ctcalign.text.readings.tokens import NO_CONTEXT, Context, Core, core_of

Say = Callable[[Core, Locale, Context], list[str]]
_JOINTS = re.compile(r"((?<!\d)[.,]+|[.,]+(?!\d)|[-/+&=@_:;!?\u2026|\\~<>*#%()\[\]{}\"]+)")
_MOST_PARTS = 24


def span(core: Core, locale: Locale, context: Context, say: Say) -> list[str]:
    """ "10-15", "1914-18", "$5-10", "3-5km", not "A-Z": both sides of the dash, with "to" between them."""
    match = re.fullmatch(r"([^-\w]{0,3}\d[^-]*)-([^-\w]{0,3}\d[^-]*)", core.text)
    if match is None or re.search(r"[^\W\d]{4}", core.text):
        return []
    left, right = match.groups()
    signs = [sign for sign in locale.currencies if left.startswith(sign)]
    if signs and right[0].isdigit():
        right = max(signs, key=len) + right
        left = left[len(max(signs, key=len)) :]
    first = _side(left, locale, NO_CONTEXT, say)
    second = _side(right, locale, Context(following=context.following), say)
    if re.fullmatch(r"\d{4}", left) and re.fullmatch(r"\d\d", right):
        second = [*locale.numbers.integer(right)[:1], *locale.numbers.integer(left[:2] + right)[:1]]
    return combined([first, [*locale.to[:1], "", *locale.to[1:]], second]) if first and second else []


def _side(text: str, locale: Locale, context: Context, say: Say) -> list[str]:
    figure = figure_of(text, locale)
    if figure is None:
        return say(Core(text), locale, context)[:2]
    if len(figure.whole) == 4 and not figure.grouped:
        return locale.numbers.integer(figure.whole)[:2]
    return say_amount(figure, locale)[:2]


def compound(core: Core, locale: Locale, context: Context, say: Say) -> list[str]:
    """ "well-known", "and/or", "AT&T", "COVID-19", "C++": every part by its own rules, with spoken signs."""
    optional = re.fullmatch(r"([^\W\d_]+)\(([^\W\d_]{1,3})\)?", core.text)  # "word(s)"
    if optional:
        return [optional[1] + optional[2], optional[1]]
    pieces = _JOINTS.split(core.text)
    if len(pieces) < 3 or len(pieces) > 2 * _MOST_PARTS:
        return []
    parts: list[list[str]] = []
    for place, piece in enumerate(pieces):
        if place % 2:
            parts.append(_joint(piece, locale))
        elif piece:
            bare = core_of(piece)
            neighbours = Context(_part(pieces, place - 2), _part(pieces, place + 2), context.capitals)
            parts.append(say(bare, locale, neighbours)[:3] if bare.text else [""])
    phrases = combined([part or [""] for part in parts])
    if pieces[1] == "-" and len(pieces) == 3 and min(len(pieces[0]), len(pieces[2])) <= 3 and _letters_only(pieces):
        phrases.append(pieces[0].lower() + pieces[2].lower())  # "to-day", "co-operate"
    return phrases


def _part(pieces: list[str], place: int) -> str:
    return pieces[place] if 0 <= place < len(pieces) else ""


def _letters_only(pieces: list[str]) -> bool:
    return pieces[0].isalpha() and pieces[2].isalpha() and pieces[0] != pieces[0].upper()


def _joint(signs: str, locale: Locale) -> list[str]:
    """Words for the signs between two parts; "" if they may be omitted."""
    if set(signs) <= set("&+=@%#"):
        return [" ".join(next(iter(locale.signs.get(sign, ())), "") for sign in signs)]
    if signs == "/":
        return ["", *locale.address.get("/", ())[:1]]
    if signs == "_":
        return ["", *locale.address.get("_", ())[:1]]
    return [""]
