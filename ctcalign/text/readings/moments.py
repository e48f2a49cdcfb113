"""Times of the day and dates written in figures."""

from __future__ import annotations

import re

from ctcalign.text.readings.locale import Locale
from ctcalign.text.readings.spoken import combined
from ctcalign.text.readings.tokens import Context, Core

_CLOCK = re.compile(r"(\d{1,2})([:.hH])(\d\d)(?:[:.](\d\d))?(?:([ap])\.?m\.?|h|uhr)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})(?:([ap])\.?m\.?|(h)|(uhr))", re.IGNORECASE)
_RATIO = re.compile(r"(\d+):(\d+)")


def clock(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "10:30", "7:30pm", "10h30", "7pm", "1:02:03", and proportions such as "16:9"."""
    match = _CLOCK.fullmatch(core.text)
    if match and (match[2] != "." or match[5]) and int(match[1]) < 25 and int(match[3]) < 60:
        if match[4]:
            return _with_seconds(match[1], match[3], match[4], locale)
        phrases = locale.clock(int(match[1]), int(match[3])) or _in_figures(match[1], match[3], locale)
        return _half_of_day(phrases, match[5])
    hour = _HOUR.fullmatch(core.text)
    if hour and int(hour[1]) < 25:
        phrases = locale.clock(int(hour[1]), 0)
        if hour[2]:
            return _half_of_day(locale.numbers.cardinal(int(hour[1]))[:1] + phrases[:1], hour[2])
        if hour[3] and locale.language == "fr":
            return phrases
    ratio = _RATIO.fullmatch(core.text)
    if ratio is None:
        return []
    sides = [locale.numbers.integer(part)[:2] for part in ratio.groups()]
    joints = [*locale.to[:1], "", *locale.address.get(":", ())[:1]]
    return combined([sides[0], joints, sides[1]]) if all(sides) else []


def _half_of_day(phrases: list[str], letter: str | None) -> list[str]:
    if not letter:
        return phrases
    half = letter.lower()
    return [f"{phrase} {form}" for phrase in phrases[:4] for form in (f"{half} m", f"{half}m")]


def _in_figures(hour: str, minute: str, locale: Locale) -> list[str]:
    hours, minutes = locale.numbers.cardinal(int(hour)), locale.numbers.integer(minute)
    if not hours or not minutes:
        return []
    return combined([hours[:2], minutes[:2]]) + (hours[:1] if int(minute) == 0 else [])


def _with_seconds(hour: str, minute: str, second: str, locale: Locale) -> list[str]:
    parts = [locale.numbers.integer(part)[:2] for part in (hour, minute, second)]
    return combined(parts) if all(parts) else []


def date(core: Core, locale: Locale, _context: Context) -> list[str]:
    """ "2024-05-17", "5/17/2024", "17.05.2024"."""
    match = re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", core.text)
    if match:
        days = [(int(match[1]), int(match[3]), int(match[4]))]
    else:
        match = re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)", core.text)
        if match is None:
            return []
        year = int(match[4])
        if len(match[4]) == 2:
            year += 2000 if year < 50 else 1900
        first, second = int(match[1]), int(match[3])
        days = [(year, second, first), (year, first, second)]
        if locale.language == "en" and match[2] == "/":
            days.reverse()
    spoken = [locale.date(*day) for day in days if 1 <= day[1] <= 12 and 1 <= day[2] <= 31]
    figures = [locale.numbers.integer(part)[:2] for part in re.split(r"\D", core.text)]
    plain = combined(figures, 2) if all(figures) else []
    share = 6 if len(spoken) == 1 else 3
    return [phrase for phrases in spoken for phrase in phrases[:share]] + plain
