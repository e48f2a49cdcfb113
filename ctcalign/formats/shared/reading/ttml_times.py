"""Times of TTML: clock times, frames, ticks; nested times that count from the parent, or as in lyrics from zero."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ctcalign.formats.shared.reading.xml_tree import tag_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Up to 15 digits, as in `clock.parse_clock`; the rest of a longer fraction is cut off.
_CLOCK = re.compile(r"^(\d{1,15}):(\d{1,15}):(\d{1,15})(?:[.,](\d{1,15})\d*|:(\d{1,15})(?:\.(\d{1,15})\d*)?)?$")
_OFFSET = re.compile(r"^(\d{1,18})(?:\.(\d{1,15})\d*)?\s*(h|ms|m|s|f|t)$")
_SHORT = re.compile(r"^(?:(\d{1,15}):)?(\d{1,15})(?:[.,](\d{1,15})\d*)?$")


@dataclass(frozen=True)
class Rates:
    """Frames, sub-frames and ticks per second."""

    frame: Fraction
    sub_frame: int
    tick: Fraction


@dataclass(frozen=True)
class Window:
    """Time that an element covers, in seconds. `timed`: it or an ancestor has times; `own`: it has times itself."""

    start: float
    end: float | None
    timed: bool = False
    own: bool = False


def rates_of(root: Element) -> Rates:
    """Rates of the document: ttp:frameRate (default 30), frameRateMultiplier ("1000 1001"), subFrameRate (1), tickRate
    (frame rate times sub-frame rate if a frame rate is given, else 1)."""
    given = {key.rpartition("}")[2]: value for key, value in root.attrib.items()}
    frame = _fraction(given.get("frameRate"), Fraction(30))
    parts = re.findall(r"\b\d{1,9}\b", given.get("frameRateMultiplier", ""))
    if len(parts) == 2 and int(parts[0]) and int(parts[1]):
        frame *= Fraction(int(parts[0]), int(parts[1]))
    sub_frame = max(1, int(_fraction(given.get("subFrameRate"), Fraction(1))))
    ticks = frame * sub_frame if "frameRate" in given else Fraction(1)
    return Rates(frame, sub_frame, _fraction(given.get("tickRate"), ticks))


def _fraction(text: str | None, default: Fraction) -> Fraction:
    if text is None or not re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,15})?\s*", text):
        return default
    return Fraction(text.strip()) or default


def seconds(text: str, rates: Rates) -> Fraction | None:
    """A TTML time expression in seconds, exact; None when it is not one."""
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
    match = _SHORT.match(text)
    if match is not None:  # of lyrics, not of the standard: "1:02.5" and "62.5"
        return Fraction(int(match[1] or 0) * 60) + Fraction(f"{match[2]}.{match[3] or 0}")
    match = _OFFSET.match(text)
    if match is None:
        return None
    amount, unit = Fraction(f"{match[1]}.{match[2] or 0}"), match[3]
    if unit == "f":
        return amount / rates.frame
    if unit == "t":
        return amount / rates.tick
    return amount * {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}[unit]


def own_times(
    attributes: Mapping[str, str], parent: Window, rates: Rates, *, absolute: bool = False
) -> tuple[Window, str]:
    """The window of an element inside `parent`, and what of its times cannot be read ("" when all can).

    Args:
        attributes: of the element.
        parent: what its times count from, unless they are `absolute`.
        rates: of the document.
        absolute: times count from zero.
    """
    given = {key: attributes[key] for key in ("begin", "end", "dur") if key in attributes}
    read = {key: seconds(value, rates) for key, value in given.items()}
    broken = ", ".join(f"{key}={given[key]!r}" for key, value in read.items() if value is None)
    if broken:
        return Window(parent.start, None), broken
    if not given:
        return Window(parent.start, parent.end, parent.timed), ""
    base = Fraction(0 if absolute else parent.start).limit_denominator(10**9)
    begin = Fraction(parent.start).limit_denominator(10**9) if absolute else base
    start = begin if read.get("begin") is None else base + (read["begin"] or 0)
    ends = []
    if read.get("end") is not None:
        ends.append(base + (read["end"] or 0))
    if read.get("dur") is not None:
        ends.append(start + (read["dur"] or 0))
    end = float(min(ends)) if ends else parent.end
    return Window(float(start), end, True, True), ""


def has_absolute_times(root: Element, rates: Rates, *, lyrics: bool) -> bool:
    """Whether times inside timed elements count from zero, as Apple and other makers of lyrics write them.

    The standard counts them from the parent. The evidence is times that fit into the parent in only one way.

    Args:
        root: the document.
        rates: of the document.
        lyrics: whether the document names the dialect of lyrics, which decides if the times are ambiguous.
    """
    absolute = relative = 0

    def visit(element: Element, first: Fraction | None, last: Fraction | None) -> None:
        nonlocal absolute, relative
        begin, end = (seconds(element.get(key, ""), rates) for key in ("begin", "end"))
        if begin is not None and first and last is not None:
            from_zero = first <= begin <= last
            from_parent = first + begin <= last
            absolute += from_zero and not from_parent
            relative += from_parent and not from_zero
        if begin is not None:
            first, last = begin, end
        for child in element:
            visit(child, first, last)

    body = next((child for child in root if tag_of(child) == "body"), root)
    visit(body, None, None)
    return absolute > relative or (lyrics and absolute == relative)
