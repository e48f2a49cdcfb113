"""Money, percentages and measures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ctcalign.text.readings.figures import Figure, figure_of, say, say_amount
from ctcalign.text.readings.locale import Currency, Locale
from ctcalign.text.readings.spoken import combined
from ctcalign.text.readings.tokens import Context, Core, core_of

_NUMBER = r"[-+]?[\d][\d.,'\u2019]*|[-+]?[.,]\d+"


def money(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "$9.99", "£5m", "9,99€", "US$5", "€ 5" (currency sign as a separate word before), "$5" before "million"."""
    found = _money_parts(core.text, locale, context)
    if found is None:
        return []
    figure, currency, scale = found
    if core.text[0] == "-" and locale.minus:
        below = money(Core(core.text[1:]), locale, context)
        return [*(f"{locale.minus[0]} {phrase}" for phrase in below[:4]), *below[:3]]
    amounts = say_amount(figure, locale)
    if scale:
        return combined([amounts[:3], [locale.scales[scale]], [*currency.many[:2], currency.one[0], ""]])
    if _bare(context.following) in locale.scale_words:
        return say(figure, locale)
    if len(figure.decimals) == 2 and currency.cent:
        return _with_cents(figure, currency, locale)
    names: Sequence[str] = currency.one if figure.is_one else (*currency.many[:2], currency.one[0], *currency.many[2:])
    return [*combined([amounts, names], 7), *amounts[:1]]


def _money_parts(text: str, locale: Locale, context: Context) -> tuple[Figure, Currency, str] | None:
    coin = re.fullmatch(r"(\d{1,2})(\D)", text)
    if coin and coin[2] in locale.coins:
        return Figure(coin[1]), locale.coins[coin[2]], ""
    signs = "|".join(re.escape(sign) for sign in sorted(locale.currencies, key=len, reverse=True))
    if not signs:
        return None
    scales = "|".join(sorted(locale.scales, key=len, reverse=True)) or "(?!)"
    match = re.fullmatch(rf"-?(?P<before>{signs})?(?P<number>{_NUMBER})(?P<scale>{scales})?(?P<after>{signs})?", text)
    if match is None:
        return None
    sign = match["before"] or match["after"]
    scale = match["scale"] or ""
    if sign is None:
        sign = context.previous.strip("([\"'\u201c")
        if sign not in locale.currencies or sign.isalpha():
            return None
    figure = figure_of(match["number"].lstrip("+-"), locale)
    return None if figure is None else (figure, locale.currencies[sign], scale)


def _with_cents(figure: Figure, currency: Currency, locale: Locale) -> list[str]:
    """ "$9.99": nine dollars and ninety nine cents, nine ninety nine, nine point nine nine dollars."""
    whole = next(iter(say_amount(Figure(figure.whole or "0"), locale)), "")
    name = (currency.one if figure.whole == "1" else currency.many)[0]
    hundredths = int(figure.decimals)
    if not whole:
        return []
    if hundredths == 0:
        return [f"{whole} {name}", whole]
    cents = locale.numbers.cardinal(hundredths)[0]
    cent = (currency.cent if hundredths == 1 else currency.cents)[0]
    spoken = say(figure, locale)[:1]
    phrases = [
        f"{whole} {name} {locale.conjunction} {cents} {cent}",
        f"{whole} {name} {cents} {cent}",
        f"{whole} {cents}",
        f"{whole} {name} {locale.conjunction} {cents}",
        f"{whole} {name} {cents}",
        *(f"{form} {currency.many[0]}" for form in spoken),
    ]
    if figure.whole.strip("0") == "":
        phrases = [f"{cents} {cent}", *phrases]
    return [*phrases, *spoken]


def percent(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "50%"."""
    match = re.fullmatch(rf"({_NUMBER})%", core.text)
    figure = figure_of(match[1].lstrip("+-"), locale) if match else None
    if match is None or figure is None:
        return []
    sign = {"-": locale.minus, "+": locale.plus}.get(match[1][0], ())
    amounts = combined([sign or ("",), say_amount(figure, locale)[:4]])
    return [form.format(amount) for amount in amounts for form in locale.percent]


def measure(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "10kg", "20°C", "5km/h", "3½km" without its fraction's sign."""
    match = re.fullmatch(rf"({_NUMBER})-?([^\W\d_/.]+(?:/[^\W\d_]+|[23])?|[°'\"″′%]+[CFK]?)", core.text)
    unit = locale.units.get(match[2]) if match else None
    figure = figure_of(match[1].lstrip("+-"), locale) if match else None
    if match is None or figure is None:
        return []
    if unit is None:
        scale = locale.scales.get(match[2])
        return combined([say_amount(figure, locale)[:3], [scale, match[2]]]) if scale else []
    sign = {"-": locale.minus, "+": locale.plus}.get(match[1][0], ())
    amounts = combined([sign or ("",), say_amount(figure, locale)[:3]])
    names = unit.one if figure.is_one else (*unit.many, unit.one[0])
    phrases = combined([amounts, names], 6)
    spelled = [f"{amounts[0]} {' '.join(match[2])}"] if len(match[2]) <= 3 and match[2].isalpha() else []
    if match[2] in locale.scales:
        return [*phrases[:1], *spelled, f"{amounts[0]} {locale.scales[match[2]]}", *phrases[1:]]
    return [*phrases, *spelled]


def unit(core: Core, locale: Locale, context: Context) -> list[str]:
    """A unit, percent or currency sign after its number: "5 km", "50 %", "5 €"."""
    before = core_of(context.previous).text
    figure = figure_of(before.lstrip("+-"), locale) if before else None
    text = core.text
    if figure is None:
        return []
    if text == "%" and locale.percent:
        return [form.format("") for form in locale.percent]
    if text in locale.currencies:
        currency = locale.currencies[text]
        return list(currency.one if figure.is_one else (*currency.many, currency.one[0]))
    name = locale.units.get(text)
    if name is None:
        return []
    own = [" ".join(text), text] if text.isalpha() and len(text) <= 3 else [text]
    return [*own[1:], *(name.one if figure.is_one else (*name.many, name.one[0])), *own[:1]]


def scaled(core: Core, locale: Locale, context: Context) -> list[str]:
    """ "million" after "$5": with and without the name of the currency."""
    word = core.text.lower()
    before = context.previous.lstrip("([\"'")
    if word not in locale.scale_words or not before[-1:].isdigit():
        return []
    signs = [sign for sign in locale.currencies if before.startswith(sign)]
    if not signs:
        return []
    currency = locale.currencies[max(signs, key=len)]
    return [f"{word} {currency.many[0]}", word, f"{word} {currency.one[0]}"]


def _bare(token: str) -> str:
    return token.strip(".,;:!?()\"'").lower()
