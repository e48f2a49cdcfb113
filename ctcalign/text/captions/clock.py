"""Times as caption files write them, to seconds."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"^[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?$|^[+-]?[.,]\d+$")
_CLOCK = re.compile(
    r"^(?P<sign>[-−+]?)(?:(?:(?P<h>\d+)\s*[:：]\s*)?(?P<m>\d+)\s*[:：]\s*)(?P<s>\d+)(?:\s*[.,:;。，]\s*(?P<f>\d*))?$"
)


def number(text: str) -> float | None:
    """A finite decimal number with point or comma, None when `text` is something else."""
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def clock(text: str) -> float | None:
    """Seconds of "[hours:]minutes:seconds[fraction]", None when `text` is no such time.

    Written for broken files as well: "," or "." (or ":" or ";") before the fraction, no fraction, no hours, spaces
    around the colons, a minus sign, fractions of any length (a decimal fraction: ",5" is half a second).
    """
    match = _CLOCK.match(text.strip())
    if match is None:
        return None
    fraction = match["f"] or ""
    seconds = int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + int(match["s"])
    # One division keeps "00:00:01,240" equal to the literal 1.24.
    value: float = (seconds * 10 ** len(fraction) + int(fraction or 0)) / 10 ** len(fraction)
    return -value if match["sign"] in ("-", "−") else value


def json_seconds(value: object, scale: float = 1.0) -> float | None:
    """A time of a JSON file divided by `scale`: numbers and numerals; None for null, NaN, booleans and other things."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = number(value) if ":" not in value else clock(value)
    if isinstance(value, (int, float)) and math.isfinite(value):
        return value / scale
    return None
