"""A part of a cue as a separate cue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ctcalign.alignment.alignment import AlignedCue, AlignedWord
from ctcalign.formats.shared.mark_up import TAG
from ctcalign.formats.shared.reading.override_blocks import visible
from ctcalign.formats.subtitles.breaking import is_break, may_part
from ctcalign.formats.subtitles.directions import carried, closed

# Commands in braces that act at one time; the argument of \t may contain brackets.
_NOT_REPEATED = re.compile(r"\\(?:[kK][fot]?\s*[\d.]*|(?:move|fade?)\s*\([^()]*\)?|t\s*\((?:[^()]|\([^()]*\))*\)?)")
_MARKS = re.compile("[\U000f0000-\U000ffffd]")
_MARK, _MOST_MARKS = 0xF0000, 0xFFFD  # private-use characters that stand for comments while the text is changed


def part_of(
    cue: AlignedCue,
    lines: Sequence[tuple[int, int]],
    start: float | None,
    end: float | None,
    number: int,
    hidden: Sequence[tuple[int, str]] = (),
) -> AlignedCue:
    """The cue with some of the lines of a cue. Tags that are open before them are repeated, and closed after them.

    Args:
        cue: the whole cue.
        lines: spans of its text, in order.
        start, end: seconds, those of the input file for a cue that is not placed.
        number: of the part, from 0; only the first keeps the id.
        hidden: comments of an ASS event that the part keeps, each with its place in the text of the whole cue.
    """
    first, stop = lines[0][0], lines[-1][1]
    if number == 0:
        first = 0
    if _MARKS.search(cue.text) or len(hidden) > _MOST_MARKS:
        hidden = ()
    opened = _open_tags(cue.text[:first])
    rows = [(a if k else first, b) for k, (a, b) in enumerate(lines)]
    shown = [_on_one_line(row) for row in _marked(cue.text, rows, hidden)]
    marked = "\n".join(closed(carried(cue.text, a) + row) for (a, _), row in zip(rows, shown, strict=True))
    inner = _MARKS.sub("", marked)
    closing = "".join(f"</{name}>" for name in reversed(_unclosed(_open_tags("".join(opened) + inner))))
    words = [AlignedWord(tag, status="not_spoken") for tag in opened]
    words += [word for place, word in located(cue) if first <= place < stop]
    placed = cue.span is not None
    old = (cue.input_start, cue.input_end)
    attributes = {key: value for key, value in cue.attributes.items() if key != "text"}
    text = "".join(opened) + inner + closing
    if hidden:
        raw = "".join(opened) + marked + closing
        raw = _MARKS.sub(lambda mark: hidden[ord(mark[0]) - _MARK][1], raw)
        raw = raw.replace("\n", "\\N").replace("\xa0", "\\h")
        if visible(raw) == text:  # unless the text itself has braces
            attributes["text"] = raw
    return replace(
        cue,
        text=text,
        start=start if placed else cue.start,
        end=end if placed else cue.end,
        input_start=_moved(cue, start, old) if placed else start,
        input_end=_moved(cue, end, old) if placed else end,
        words=words,
        id=cue.id if number == 0 else None,
        attributes=attributes,
    )


def _marked(text: str, rows: Sequence[tuple[int, int]], hidden: Sequence[tuple[int, str]]) -> list[str]:
    """The lines [a, b) of a text with a private-use character in place of each comment."""
    out, left = [], list(enumerate(hidden))
    for number, (a, b) in enumerate(rows):
        row, at = "", a
        while left and (left[0][1][0] <= b or number == len(rows) - 1):
            mark, (place, _) = left.pop(0)
            place = min(max(place, at), b)
            row, at = row + text[at:place] + chr(_MARK + mark), place
        out.append(row + text[at:b])
    return out


def _on_one_line(text: str) -> str:
    """The text with one space for line ends, `<br>` and several spaces; none beside Chinese and Japanese characters."""
    rows = [row.strip() for row in TAG.sub(lambda tag: "\n" if is_break(tag) else tag[0], text).split("\n")]
    joined = rows[0]
    for row in rows[1:]:
        joined += row if joined and row and may_part(joined[-1], row[0]) else " " + row
    return re.sub("[ \t]+", " ", joined.strip())


def located(cue: AlignedCue) -> list[tuple[int, AlignedWord]]:
    """The words of a cue with their places in its text; one that is not in the text is where the one before it ends."""
    out, cursor = [], 0
    for word in cue.words:
        found = cue.text.find(word.text, cursor) if word.text.strip() else -1
        out.append((found if found >= 0 else max(cursor - 1, 0), word))
        cursor = found + len(word.text) if found >= 0 else cursor
    return out


def _moved(cue: AlignedCue, time: float | None, old: tuple[float | None, float | None]) -> float | None:
    """The time in the input file that belongs to a time within a placed cue, in proportion."""
    if cue.span is None or time is None or old[0] is None or old[1] is None:
        return None
    share = (time - cue.span.start) / cue.span.duration if cue.span.duration > 0 else 0.0
    return old[0] + share * (old[1] - old[0])


def _open_tags(text: str) -> list[str]:
    """Tags of a text that are still open at its end."""
    out: list[str] = []
    for tag in TAG.finditer(text):
        name = (tag["name"] or "").lower()
        if tag["override"]:
            lasting = _NOT_REPEATED.sub("", tag["override"])
            if "\\" in lasting:
                out.append("{" + lasting + "}")
        elif name and not is_break(tag):
            if not tag[0].startswith("</"):
                out.append(tag[0])
            elif same := [k for k, one in enumerate(out) if _unclosed([one]) == [name]]:
                del out[same[-1]]
    return out


def _unclosed(tags: Sequence[str]) -> list[str]:
    """Names of the tags between angle brackets."""
    return [match["name"].lower() for one in tags if (match := TAG.fullmatch(one)) is not None and match["name"]]
