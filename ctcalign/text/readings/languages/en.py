"""English."""

from __future__ import annotations

from ctcalign.text.readings.english import EnglishNumbers
from ctcalign.text.readings.languages import en_abbreviations, en_words
from ctcalign.text.readings.locale import Currency, Locale

_NUMBERS = EnglishNumbers()
_CENT, _CENTS = ("cent",), ("cents",)


def _say(number: int) -> str:
    return _NUMBERS.cardinal(number)[0]


def _clock(hour: int, minute: int) -> list[str]:
    """10:30 as "ten thirty", "half past ten"; 19:30 also as "seven thirty"."""
    twelve = (hour - 1) % 12 + 1
    after = twelve % 12 + 1
    hours = list(dict.fromkeys((_say(hour), _say(twelve))))
    if minute == 0:
        full = "o'clock" if hour == twelve else "hundred"
        return [f"{_say(twelve)} o'clock", *hours, f"{hours[0]} {full}", f"{hours[0]} hundred", f"{hours[0]} zero zero"]
    rest = _say(minute)
    if minute < 10:
        return [
            *(f"{name} oh {rest}" for name in hours),
            f"{rest} past {_say(twelve)}",
            f"{rest} minutes past {_say(twelve)}",
            f"{hours[0]} zero {rest}",
            f"{hours[0]} {rest}",
        ]
    phrases = [f"{name} {rest}" for name in hours]
    if minute % 15 == 0:
        named = {15: "quarter past", 30: "half past", 45: "quarter to"}[minute]
        hand = after if minute == 45 else twelve
        phrases.append(f"{named} {_say(hand)}")
        if minute != 30:
            phrases.append(f"a {named} {_say(hand)}")
    elif minute % 5 == 0:
        phrases.append(f"{rest} past {_say(twelve)}" if minute < 30 else f"{_say(60 - minute)} to {_say(after)}")
    return phrases


def _date(year: int, month: int, day: int) -> list[str]:
    name, ordinal = en_words.MONTHS[month - 1], _NUMBERS.ordinal(day)[0]
    years = _NUMBERS.integer(str(year))[:2]
    return [
        f"{name} {ordinal} {years[0]}",
        f"the {ordinal} of {name} {years[0]}",
        f"{name} {ordinal} {years[1]}",
        f"{name} {_say(day)} {years[0]}",
        f"{years[0]} {name} {ordinal}",
        f"{ordinal} of {name} {years[0]}",
        f"{ordinal} {name} {years[0]}",
    ]


def _fraction(numerator: int, denominator: int) -> list[str]:
    """2/3 as "two thirds", 1/2 as "one half", "a half", "half"."""
    if not 2 <= denominator <= 100 or numerator > 100:
        return []
    names = {2: ["half"], 4: ["quarter", "fourth"]}.get(denominator) or _NUMBERS.ordinal(denominator)[:1]
    if numerator == 1:
        phrases = [f"{article} {name}" for name in names for article in ("one", "a")]
        return [*phrases, "half"] if denominator == 2 else phrases
    plural = ["halves" if name == "half" else f"{name}s" for name in names]
    return [f"{_say(numerator)} {name}" for name in plural]


def _decade(digits: str) -> list[str]:
    """1980s as "nineteen eighties", 90s as "nineties" and "nineteen nineties", 1900s as "nineteen hundreds"."""
    number = int(digits)
    if len(digits) == 4:
        phrases = _NUMBERS.year(number)[:1] + _NUMBERS.cardinal(number)[:1]
    elif len(digits) == 2:
        phrases = [_say(number)]
        if number >= 20 and number % 10 == 0:
            phrases.append(f"nineteen {_say(number)}")
    else:
        phrases = _NUMBERS.cardinal(number)[:2]
    return [_plural(phrase) for phrase in phrases]


def _plural(phrase: str) -> str:
    if phrase.endswith("y"):
        return f"{phrase[:-1]}ies"
    return f"{phrase}es" if phrase.endswith(("x",)) else f"{phrase}s"


_DOLLAR = Currency(("dollar",), ("dollars",), _CENT, _CENTS)
_POUND = Currency(("pound",), ("pounds",), ("penny", "p"), ("pence", "p"))
_EURO = Currency(("euro",), ("euros", "euro"), _CENT, _CENTS)
_CURRENCIES = {
    "$": _DOLLAR,
    "US$": Currency(("us dollar", "u s dollar", "dollar"), ("dollars", "u s dollars", "us dollars"), _CENT, _CENTS),
    "A$": Currency(("australian dollar", "dollar"), ("australian dollars", "dollars"), _CENT, _CENTS),
    "C$": Currency(("canadian dollar", "dollar"), ("canadian dollars", "dollars"), _CENT, _CENTS),
    "£": _POUND,
    "€": _EURO,
    "¥": Currency(("yen",), ("yen",)),
    "₹": Currency(("rupee",), ("rupees",), ("paisa",), ("paise",)),
    "₽": Currency(("ruble", "rouble"), ("rubles", "roubles"), ("kopeck",), ("kopecks",)),
    "₩": Currency(("won",), ("won",)),
    "₪": Currency(("shekel",), ("shekels",)),
    "₺": Currency(("lira",), ("lira",)),
    "₿": Currency(("bitcoin",), ("bitcoin", "bitcoins")),
    "¢": Currency(_CENT, _CENTS),
    "USD": Currency(("u s dollar", "us dollar", "dollar"), ("u s dollars", "us dollars", "dollars"), _CENT, _CENTS),
    "EUR": Currency(("euro",), ("euros", "euro", "e u r"), _CENT, _CENTS),
    "GBP": Currency(("pound",), ("pounds", "british pounds", "g b p"), ("penny",), ("pence",)),
    "CHF": Currency(("swiss franc", "franc"), ("swiss francs", "francs", "c h f")),
    "JPY": Currency(("yen",), ("yen", "j p y")),
}  # fmt: skip


def locale(code: str) -> Locale:
    """The English locale; regions do not differ, for all readings are offered."""
    return Locale(
        code=code,
        numbers=_NUMBERS,
        point=("point",),
        minus=("minus", "negative"),
        plus=("plus",),
        to=("to", "through"),
        over=("over", "slash"),
        conjunction="and",
        percent=("{} percent", "{} per cent"),
        degrees=("{} degrees", "{} degree"),
        number_sign=("number", "hashtag"),
        ordinal_suffix="st|nd|rd|th",
        signs=en_words.SIGNS,
        address=en_words.ADDRESS,
        currencies=_CURRENCIES,
        coins={"p": Currency(("p", "penny"), ("p", "pence")), "c": _CURRENCIES["¢"], "¢": _CURRENCIES["¢"]},
        units=en_words.UNITS,
        powers={"2": "squared", "3": "cubed"},
        scales=en_words.SCALES,
        scale_words=frozenset("hundred thousand million billion trillion".split()),
        months=en_words.MONTHS,
        month_names=en_words.MONTH_NAMES,
        abbreviations=en_abbreviations.ABBREVIATIONS,
        dotted=en_abbreviations.DOTTED,
        before_numbers=en_abbreviations.BEFORE_NUMBERS,
        acronyms=en_words.ACRONYMS,
        chapters=en_words.CHAPTERS,
        rulers=en_words.RULERS,
        ordinal_article=(("the", 0),),
        clock=_clock,
        date=_date,
        fraction=_fraction,
        decade=_decade,
    )
