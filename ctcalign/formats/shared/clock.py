"""Clock times of captions: seconds to ticks and text, and text to seconds."""

from __future__ import annotations

import math
import re


def ticks(seconds: float, per_second: int) -> int:
    """The nearest whole number of ticks, halves up; the order of two times is kept.

    >>> ticks(1.0005, 1000), ticks(0.015, 100)
    (1001, 2)
    """
    return math.floor(seconds * per_second + 0.5)


def span_ticks(start: float, end: float, per_second: int) -> tuple[int, int]:
    """Start and end in ticks, at least one tick apart, since players drop captions of zero length.

    >>> span_ticks(2.0, 2.0, 1000)
    (2000, 2001)
    """
    first = ticks(start, per_second)
    return first, max(ticks(end, per_second), first + 1)


def clock(milliseconds: int, separator: str = ".") -> str:
    """hh:mm:ss.mmm; hours grow beyond two digits when they must.

    >>> clock(3_723_004), clock(360_000_000, ",")
    ('01:02:03.004', '100:00:00,000')
    """
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{separator}{rest % 1000:03d}"


def ass_clock(centiseconds: int) -> str:
    """h:mm:ss.cc

    >>> ass_clock(372_304)
    '1:02:03.04'
    """
    minutes, rest = divmod(centiseconds, 6_000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


def lrc_clock(centiseconds: int) -> str:
    """mm:ss.cc; minutes go beyond 59, the format has no hours.

    >>> lrc_clock(372_304)
    '62:03.04'
    """
    return f"{centiseconds // 6_000:02d}:{centiseconds % 6_000 // 100:02d}.{centiseconds % 100:02d}"


def decimal(tick: int, digits: int) -> str:
    """A tick of 10**-digits seconds as a decimal number, exactly.

    >>> decimal(1234, 3), decimal(5, 6)
    ('1.234', '0.000005')
    """
    whole, rest = divmod(tick, 10**digits)
    return f"{whole}.{rest:0{digits}d}"


# Digits of a part of a clock time, and of a fraction: more than any time has, and few enough for an exact result.
MOST_DIGITS = 15
_LONGEST = 400  # characters of a decimal number: more than a float can mean

_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?$|^[+-]?[.,]\d+$")
_CLOCK = re.compile(
    r"^(?P<sign>[-−+]?)(?:(?:(?P<h>\d+)\s*[:：]\s*)?(?P<m>\d+)\s*[:：]\s*)(?P<s>\d+)(?:\s*[.,:;。，]\s*(?P<f>\d*))?$"
)


_MOST = 1e15  # larger numbers are no times or probabilities; sums of smaller ones are finite


def number(text: str) -> float | None:
    """A decimal number with point or comma, None when `text` is something else or beyond 1e15."""
    text = text.strip()
    if len(text) > _LONGEST or not _NUMBER.match(text):
        return None
    value = float(text.replace(",", "."))
    return value if abs(value) < _MOST else None


def parse_clock(text: str) -> float | None:
    """Seconds of "[hours:]minutes:seconds[fraction]", None when `text` is no such time.

    Also reads the times of damaged files: "," or "." (or ":" or ";") before the fraction, no fraction, no hours, spaces
    around the colons, a minus sign, fractions of any length (a decimal fraction: ",5" is half a second). More than 15
    digits before the fraction are no time.
    """
    match = _CLOCK.match(text.strip())
    if match is None:
        return None
    if len(match[0]) > MOST_DIGITS and any(len(match[part] or "") > MOST_DIGITS for part in "hms"):
        return None
    fraction = (match["f"] or "")[:MOST_DIGITS]
    seconds = int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + int(match["s"])
    # One division keeps "00:00:01,240" equal to the literal 1.24.
    value: float = (seconds * 10 ** len(fraction) + int(fraction or 0)) / 10 ** len(fraction)
    return -value if match["sign"] in ("-", "−") else value


def parse_time(text: str) -> float | None:
    """Seconds of a clock time or of a decimal number, None when `text` is neither.

    >>> parse_time("1:02.5"), parse_time("62,5"), parse_time("soon")
    (62.5, 62.5, None)
    """
    return parse_clock(text) if ":" in text or "：" in text else number(text)


def json_seconds(value: object, scale: float = 1.0) -> float | None:
    """A time of a JSON file divided by `scale`: numbers and numerals; None for null, NaN, booleans, ..."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = parse_time(value)
    # The comparison is false for NaN, and works for integers that are too large for a float.
    if isinstance(value, (int, float)) and abs(value) < _MOST:
        return value / scale
    return None
