"""Times of TTML: clock, frames, ticks and offsets, relative to the element around."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

_CLOCK = re.compile(r"^(\d+):(\d+):(\d+)(?:[.,](\d+)|:(\d+)(?:\.(\d+))?)?$")
_OFFSET = re.compile(r"^(\d+(?:\.\d+)?)\s*(h|ms|m|s|f|t)$")


@dataclass(frozen=True)
class Rates:
    """Frames, sub-frames and ticks a second."""

    frame: Fraction
    sub_frame: int
    tick: Fraction


@dataclass(frozen=True)
class Window:
    """Time that an element covers, in seconds; `timed`: it or an element around it says so, `own`: it does itself."""

    start: float
    end: float | None
    timed: bool = False
    own: bool = False


def rates_of(root: Element) -> Rates:
    """Rates of the document: ttp:frameRate (30), frameRateMultiplier ("1000 1001"), subFrameRate (1), tickRate
    (frame rate times sub-frame rate where a frame rate is given, else 1)."""
    given = {key.rpartition("}")[2]: value for key, value in root.attrib.items()}
    frame = _fraction(given.get("frameRate"), Fraction(30))
    parts = re.findall(r"\d+", given.get("frameRateMultiplier", ""))
    if len(parts) == 2 and int(parts[1]):
        frame *= Fraction(int(parts[0]), int(parts[1]))
    sub_frame = int(_fraction(given.get("subFrameRate"), Fraction(1)))
    ticks = frame * sub_frame if "frameRate" in given else Fraction(1)
    return Rates(frame, sub_frame, _fraction(given.get("tickRate"), ticks))


def _fraction(text: str | None, default: Fraction) -> Fraction:
    if text is None or not re.fullmatch(r"\s*\d+(?:\.\d+)?\s*", text):
        return default
    return Fraction(text.strip()) or default


def seconds(text: str, rates: Rates) -> Fraction | None:
    """A TTML time expression, exact; None when it is none."""
    text = text.strip()
    match = _CLOCK.match(text)
    if match:
        hours, minutes, secs, fraction, frames, sub = match.groups()
        value = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(secs))
        if fraction:
            value += Fraction(int(fraction), 10 ** len(fraction))
        if frames:
            value += (int(frames) + Fraction(int(sub or 0), rates.sub_frame)) / rates.frame
        return value
    match = _OFFSET.match(text)
    if match is None:
        return None
    amount, unit = Fraction(match[1]), match[2]
    if unit == "f":
        return amount / rates.frame
    if unit == "t":
        return amount / rates.tick
    return amount * {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}[unit]


def own_times(attributes: Mapping[str, str], parent: Window, rates: Rates) -> tuple[Window, str]:
    """The window of an element inside `parent`, and what of its times cannot be read ("" when all can)."""
    given = {key: attributes[key] for key in ("begin", "end", "dur") if key in attributes}
    read = {key: seconds(value, rates) for key, value in given.items()}
    broken = ", ".join(f"{key}={given[key]!r}" for key, value in read.items() if value is None)
    if broken:
        return Window(parent.start, None), broken
    if not given:
        return Window(parent.start, parent.end, parent.timed), ""
    base = Fraction(parent.start).limit_denominator(10**9)
    start = base + (read.get("begin") or 0)
    ends = []
    if read.get("end") is not None:
        ends.append(base + (read["end"] or 0))
    if read.get("dur") is not None:
        ends.append(start + (read["dur"] or 0))
    end = float(min(ends)) if ends else parent.end
    return Window(float(start), end, True, True), ""
