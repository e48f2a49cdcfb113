"""Rolling captions: a line that stays on the screen while the next is spoken is in several cues of the file."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ctcalign.formats.shared.drafts import Draft, Notes
from ctcalign.formats.shared.mark_up import TAG

_LINE_END = re.compile(r"\n|\\N")
_INSTANT = 0.05  # seconds: shorter cues only scroll the lines (YouTube writes 0.01)
_GAP = 0.1  # seconds between the cues of lines that stay on the screen
_LEAST = 3  # neighbours with a carried-over line,
_SHARE = 1 / 3  # and their share of all neighbours, that make a file one of rolling captions


@dataclass(frozen=True)
class _Shown:
    """The lines of a cue: as they are in the file, and without tags and with single blanks."""

    draft: Draft
    raw: list[str]
    plain: list[str]

    @property
    def instant(self) -> bool:
        start, end = self.draft.start, self.draft.end
        return start is not None and end is not None and end - start <= _INSTANT


@dataclass(frozen=True)
class _Carried:
    """The first `lines` lines of a cue are the last of the one before; `grown`: more text has come to the last one."""

    lines: int = 0
    grown: bool = False


def without_carried_lines(drafts: list[Draft], notes: Notes) -> list[Draft]:
    """Each line of rolling captions once, in the cue in which it appears, with its own word times.

    This applies to automatic captions of YouTube and files that other tools derive from them, roll-up captions of
    broadcasts, lines that grow word by word, and a text that is repeated for each highlighted word. A text that is
    spoken twice is in the file as two lines of one cue, or in ordinary captions as two cues: it is kept.
    """
    if len(drafts) <= _LEAST:
        return drafts
    shown = [_shown(draft) for draft in drafts]
    pairs = list(pairwise(shown))
    carried = [_carried(before, cue) for before, cue in pairs]
    rolling = sum(_rolls(before, cue, own) for (before, cue), own in zip(pairs, carried, strict=True))
    if rolling < _LEAST or rolling < _SHARE * len(pairs):
        return drafts
    out = list(_once(shown, [_Carried(), *carried]))
    notes.add(f"rolling captions: lines that stay on the screen are read once; {len(out)} of {len(drafts)} cues left")
    return out


def _shown(draft: Draft) -> _Shown:
    rows = [(raw, " ".join(html.unescape(TAG.sub("", raw)).split())) for raw in _LINE_END.split(draft.text)]
    rows = [(raw, plain) for raw, plain in rows if plain]
    return _Shown(draft, [raw for raw, _ in rows], [plain for _, plain in rows])


def _carried(before: _Shown, cue: _Shown) -> _Carried:
    above, lines = before.plain, cue.plain
    for count in range(min(len(above), len(lines)), 0, -1):
        if above[-count:] == lines[:count]:
            # Of equal lines one has scrolled away and another has come.
            same = count == len(lines) == len(above) > 1 and len(set(lines)) == 1 and not cue.instant
            return _Carried(count - same)
        if above[-count:-1] == lines[: count - 1] and _grows(above[-1], lines[count - 1]):
            return _Carried(count, grown=True)
    return _Carried()


def _grows(before: str, line: str) -> bool:
    return len(line) > len(before) and line.startswith(before)


def _adjacent(before: _Shown, cue: _Shown) -> bool:
    end, start = before.draft.end, cue.draft.start
    return end is not None and start is not None and abs(start - end) <= _GAP


def _rolls(before: _Shown, cue: _Shown, carried: _Carried) -> bool:
    """Whether two cues occur like this only in rolling captions; equal cues alone do not count."""
    if not carried.lines or not _adjacent(before, cue):
        return False
    if cue.plain == before.plain:
        return cue.instant != before.instant or cue.raw != before.raw
    return True


def _once(shown: Sequence[_Shown], carried: Sequence[_Carried]) -> Iterator[Draft]:
    last: Draft | None = None
    above: _Shown | None = None
    for cue, own in zip(shown, carried, strict=True):
        count = own.lines
        if above is not None and last is not None and count and (_adjacent(above, cue) or count < len(cue.plain)):
            if own.grown:
                last = _with_last_line(last, cue.raw[count - 1], cue.draft.end)
            elif cue.plain == above.plain and cue.raw != above.raw:  # another word is highlighted
                last = replace(last, text=min(last.text, cue.draft.text, key=len), end=cue.draft.end)
        else:
            count = 0
        above = cue
        if count < len(cue.raw) or not cue.raw:
            if last is not None:
                yield last
            last = _without_lines(cue, count)
    if last is not None:
        yield last


def _with_last_line(draft: Draft, line: str, end: float | None) -> Draft:
    kept = _LINE_END.split(draft.text)[:-1]
    return replace(draft, text="\n".join([*kept, line]), end=end if end is not None else draft.end, words=[])


def _without_lines(cue: _Shown, count: int) -> Draft:
    """The cue without its first `count` lines and their words."""
    if not count:
        return cue.draft
    words = list(cue.draft.words)
    if [word.text for word in words] == " ".join(cue.plain).split():
        words = words[len(" ".join(cue.plain[:count]).split()) :]
        if words and words[0].start is None:
            words[0] = replace(words[0], start=cue.draft.start)
    return replace(cue.draft, text="\n".join(cue.raw[count:]), words=words)
