"""The text of an ASS event: override blocks, comments in braces, drawings, karaoke.

Players show nothing of what stands between braces. A block with a backslash holds commands ("{\\\\i1}"), one without is
a comment. From "{\\\\p1}" to "{\\\\p0}" the text is the outline of a drawing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ctcalign.formats.shared.clock import number
from ctcalign.formats.shared.timed_words import TimedText

_BLOCK = re.compile(r"(?<!\\)\{([^{}]*)\}")
_DRAWING = re.compile(r"\\p(\d+)")
_KARAOKE = re.compile(r"\\(k[fot]?|K)\s*(\d+(?:\.\d+)?)")

Piece = tuple[str, "str | None", bool]  # text before a block, the block or None at the end, text is a drawing


def _parts(raw: str) -> Iterator[Piece]:
    place, drawing = 0, False
    for match in _BLOCK.finditer(raw):
        yield raw[place : match.start()], match[1], drawing
        scales = _DRAWING.findall(match[1])
        drawing = bool(scales[-1][-1].strip("0")) if scales else drawing
        place = match.end()
    yield raw[place:], None, drawing


def shown(text: str) -> str:
    """Text outside of braces with its line breaks and hard spaces as characters, escaped braces as braces.

    >>> shown(r"one\\Ntwo\\hthree \\{sic\\}")
    'one\\ntwo\\xa0three {sic}'
    """
    text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\xa0")
    return text.replace("\\{", "{").replace("\\}", "}")


def visible(raw: str) -> str:
    """The text of an event without comments, drawings and karaoke times; its other commands stay in braces.

    >>> visible(r"{note}Hi {\\k20\\i1}you{\\p1}m 0 0 l 1 1{\\p0}!")
    'Hi {\\\\i1}you!'
    """
    out = []
    for text, block, drawing in _parts(raw):
        out.append("" if drawing else shown(text))
        commands = _KARAOKE.sub("", (block or "")[(block or "").find("\\") :] if "\\" in (block or "") else "")
        commands = _DRAWING.sub("", commands)
        if "\\" in commands:
            out.append("{" + commands + "}")
    return "".join(out)


def comments(raw: str) -> list[tuple[int, str]]:
    """The comments of an event in braces, each with its place in the visible text.

    >>> comments(r"{note}Hi {old\\i1}you{x}")
    [(0, '{note}'), (3, '{old}'), (11, '{x}')]
    """
    found, place = [], 0
    for text, block, drawing in _parts(raw):
        place += 0 if drawing else len(shown(text))
        comment, commands = (block or "").partition("\\")[0], (block or "").partition("\\")[1:]
        if comment.strip():
            found.append((place, "{" + comment + "}"))
        place += len(visible("{" + "".join(commands) + "}"))
    return found


def syllables(raw: str, start: float | None) -> list[TimedText]:
    """The shown text divided where karaoke syllables begin; the first piece is what stands before all of them.

    Args:
        raw: text of the event.
        start: of the event in seconds; syllables follow each other from there.
    """
    out = [TimedText("", start, start)]
    at = start
    for text, block, drawing in _parts(raw):
        if not drawing:
            out[-1] = TimedText(out[-1].text + shown(text), out[-1].start, out[-1].end)
        for name, amount in _KARAOKE.findall(block or ""):
            if name == "kt":
                at = None if start is None else start + _centiseconds(amount)
                continue
            following = None if at is None else at + _centiseconds(amount)
            out.append(TimedText("", _rounded(at), _rounded(following)))
            at = following
    return out


def has_karaoke(raw: str) -> bool:
    """Whether an event times its syllables."""
    return any(_KARAOKE.search(block or "") for _, block, _ in _parts(raw))


def warped(raw: str, old: Sequence[float], new: Sequence[float]) -> str:
    """The text with the lengths of its syllables carried over to new times.

    Args:
        raw: text of the event.
        old: rising times in seconds, the first is the start of the event.
        new: the time that each of them became, not falling; between them times are interpolated.
    """
    start, at = old[0], old[0]
    begin = written = round(new[0] * 100)

    def one(match: re.Match[str]) -> str:
        nonlocal at, written
        if match[1] == "kt":
            at = start + _centiseconds(match[2])
            written = max(round(_mapped(at, old, new) * 100), begin)
            return f"\\kt{written - begin}"
        at += _centiseconds(match[2])
        end = max(round(_mapped(at, old, new) * 100), written)
        length, written = end - written, end
        return f"\\{match[1]}{length}"

    out = []
    for text, block, _ in _parts(raw):
        out.append(text + ("" if block is None else "{" + _KARAOKE.sub(one, block) + "}"))
    return "".join(out)


def _mapped(time: float, old: Sequence[float], new: Sequence[float]) -> float:
    if time >= old[-1]:
        return new[-1] + (time - old[-1])
    k = max(bisect_right(old, time) - 1, 0)
    share = (time - old[k]) / (old[k + 1] - old[k])
    return new[k] + share * (new[k + 1] - new[k])


def _rounded(time: float | None) -> float | None:
    # Sums of centiseconds: 1.1 rather than 1.1000000000000001.
    return None if time is None else round(time, 4)


def _centiseconds(text: str) -> float:
    """Seconds of a number of hundredths; 0 for one that is no time."""
    return (number(text) or 0.0) / 100
