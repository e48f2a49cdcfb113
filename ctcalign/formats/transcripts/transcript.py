"""Transcripts with time stamps, as copied from players or exported by services.

A stamp is on its own line ("0:06", "Anna Smith  0:06", "00:00:06 --> 00:00:09"), or before the text
("[00:01:02] text", "Anna (0:06): text", Whisper's "[00:00.000 --> 00:05.000] text").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ctcalign.formats.shared.clock import parse_time
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format
from ctcalign.text.markup.labels import label_end

_TIME = r"(?:\d{1,3}[:：])?\d{1,3}[:：][0-5]?\d(?:[.,]\d{1,3}|[:;]\d{2,3})?"
_TO = r"\s*(?:-+>|[→–—~,-]|to\b)\s*"
_RANGE = rf"(?P<start>{_TIME})(?P<range>{_TO}(?P<end>{_TIME})|\s*-+>)?"
_SECONDS = r"\d{1,6}(?:[.,]\d{1,3})?"  # "[6.40s -> 8.00s]", always a range in brackets or with an arrow
_CLOCKED = rf"(?P<open>[\[(<{{]?)\s*{_RANGE}\s*[\])>}}]?\**"
_DECIMAL = (
    rf"(?P<open>[\[(](?=[^\])]*(?:\d[.,]\d|s\b))|(?=[\d., s]*->))\s*"
    rf"(?P<start>{_SECONDS})\s*s?(?P<range>{_TO}(?P<end>{_SECONDS}))\s*s?\s*[\])]?"
)
_LEAD = r"^[\s•*>_-]*"  # list markers, or bold in Markdown
_NAME = r"\[?(?P<name>[^\W\d_][^\[\]()<>{}|\n]{0,40}?)\]?"


def _patterns(stamp: str) -> list[re.Pattern[str]]:
    gap = r"(?:(?<=[\])>}*])|(?<=[:：|–—-])|[ \t\xa0])"  # brackets and signs need no blank before the text
    return [
        re.compile(rf"{_LEAD}{stamp}\s*[:：]?\s*$"),
        re.compile(rf"{_LEAD}{stamp}\s*[:：|–—-]?(?P<rest>{gap}\s*\S.*)$"),
        re.compile(rf"{_LEAD}{_NAME}[\s,:|–—-]*\s{stamp}\s*[:：]?\s*$"),
        re.compile(rf"{_LEAD}{_NAME}\s*[:：,-]?\s*(?=[\[(<{{]){stamp}\s*[:：–-]?(?P<rest>\s*\S.*)$"),
        re.compile(rf"{_LEAD}{_NAME},?\s+{stamp}\s*[:：](?P<rest>\s\s*\S.*)$"),
    ]


_PATTERNS = [*_patterns(_CLOCKED), *_patterns(_DECIMAL)]
_BLANKS = re.compile(r"\s{5,}")
_AFTER = re.compile(rf"^(?P<rest>.*\S)\s*(?=[\[(]){_CLOCKED}\s*$")
_IN_WORDS = re.compile(r"^(?:(\d{1,4}) hours?)?,?\s*(?:(\d{1,4}) minutes?)?,?\s*(?:(\d{1,4}) seconds?)?$")

_ALONE_SHARE = 0.2  # least fraction of lines with stamps, if stamps are on their own lines: a paragraph may follow each
_BEFORE_SHARE = 0.5  # ... if stamps precede the text
_RISING = 0.9  # least fraction of stamps that are not earlier than the previous one
# Range of letters per second of speech, including pauses; clock times and verse numbers give rates outside it.
_RATES = (1.5, 40.0)


@dataclass(frozen=True)
class _Stamp:
    """A line with a stamp: its times in seconds, the rest of the line, and the form of the stamp."""

    start: float
    end: float | None
    name: str | None
    text: str | None  # None: the stamp is alone on its line
    sure: bool  # a range, brackets, a name, hours: not the time of a schedule
    after: bool = False  # the stamp follows the text, so it may be the time of its start or of its end


def read(source: Source, notes: Notes) -> list[Draft]:
    """A cue for each stamp, with the lines up to the next one as its text; text above the first has no times.

    A name beside the stamp is the speaker, as is a name on the line above or below every stamp. A stamp after the text
    may be the time of its start or of its end, so such a cue has no times.
    """
    rows = [(n, line, _stamp(line)) for n, line in source.numbered()]
    alone = _layout([(line, stamp) for _, line, stamp in rows])
    blocks: list[tuple[int, _Stamp | None, list[str]]] = []
    for n, line, stamp in rows:
        if stamp is not None and (stamp.text is None or not alone):
            blocks.append((n, stamp, [] if stamp.text is None else [stamp.text]))
        elif blocks and blocks[-1][1] is not None:
            blocks[-1][2].append(line.strip())
        else:
            blocks.append((n, None, [line.strip()]))
    _take_times_in_words(blocks)
    speakers = _speakers(blocks)
    out = []
    for (n, stamp, lines), speaker in zip(blocks, speakers, strict=True):
        if stamp is None:
            if lines:
                notes.add("text before the first time", n, lines[0][:40])
                out.append(Draft("\n".join(lines), line=n))
        elif lines:
            start = None if stamp.after and stamp.end is None else stamp.start
            out.append(Draft("\n".join(lines), start, stamp.end, line=n, speaker=stamp.name or speaker))
    return out


def _stamp(line: str) -> _Stamp | None:
    line = _BLANKS.sub("    ", line)  # the patterns take quadratic time for long runs
    for pattern in (*_PATTERNS, _AFTER):
        match = pattern.match(line)
        if match is None:
            continue
        found = match.groupdict()
        name = (found.get("name") or "").strip(" \t,:|–—-")
        if name and not label_end(f"{name}: ", name.lower()):
            continue
        start, end = _seconds(match["start"]), _seconds(match["end"] or "")
        if start is None:
            continue
        rest = found.get("rest")
        sure = bool(match["range"] or match["open"] or name or len(re.findall(r"\d+", match["start"])) > 2)
        return _Stamp(start, end, name or None, None if rest is None else rest.strip(), sure, pattern is _AFTER)
    return None


def _seconds(text: str) -> float | None:
    """Seconds of a stamp; "01:00:00:500" ends with milliseconds, the frames of "01:00:00:12" are left out."""
    parts = re.split("[:：;]", text)
    if len(parts) != 4:
        return parse_time(text)
    return parse_time(":".join(parts[:3]) + (f".{parts[3]}" if len(parts[3]) == 3 else ""))


def _layout(lines: Sequence[tuple[str, _Stamp | None]]) -> bool | None:
    """True: stamps are on their own lines; False: beside the text; None: most lines have none, or times are spoken."""
    stamps = [stamp for _, stamp in lines]
    for alone, share in ((True, _ALONE_SHARE), (False, _BEFORE_SHARE)):
        found = [stamp for stamp in stamps if stamp is not None and (stamp.text is None or not alone)]
        least = 1 if any(stamp.sure and stamp.end is not None for stamp in found) else 2
        if len(found) < least or len(found) < share * len(stamps):
            continue
        if alone and all(stamp is not None and stamp.text is None for stamp in stamps):
            return None  # the file contains only times
        rising = sum(a.start <= b.start for a, b in pairwise(found))
        if rising >= _RISING * (len(found) - 1) and (any(s.sure for s in found) or _as_fast_as_speech(lines, alone)):
            return alone
    return None


def _as_fast_as_speech(lines: Sequence[tuple[str, _Stamp | None]], alone: bool) -> bool:
    rates: list[float] = []
    start: float | None = None
    letters = 0
    for line, stamp in lines:
        if stamp is not None and (stamp.text is None or not alone):
            if start is not None and stamp.start > start:
                rates.append(letters / (stamp.start - start))
            start, letters = stamp.start, len(stamp.text or "")
        else:
            letters += len(line.strip())
    return bool(rates) and _RATES[0] <= median(rates) <= _RATES[1]


def _take_times_in_words(blocks: list[tuple[int, _Stamp | None, list[str]]]) -> None:
    """Remove "6 seconds" below "0:06": a text for screen readers that is included in copies from YouTube."""
    for _, stamp, lines in blocks:
        match = _IN_WORDS.match(lines[0]) if stamp is not None and lines else None
        if stamp is not None and match is not None and lines[0]:
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            if hours * 3600 + minutes * 60 + seconds == int(stamp.start):
                del lines[0]


def _speakers(blocks: list[tuple[int, _Stamp | None, list[str]]]) -> list[str | None]:
    """The speaker of each block: a name that is its own first line, or the last line of the block above.

    Names are used only if nearly every block has one; their lines are removed from the blocks.
    """
    speakers: list[str | None] = [None] * len(blocks)
    timed = [k for k, (_, stamp, _) in enumerate(blocks) if stamp is not None]
    below = [k for k in timed if len(blocks[k][2]) > 1 and _is_name(blocks[k][2][0])]
    above = [k for k in timed if k and blocks[k - 1][2] and _is_name(blocks[k - 1][2][-1])]
    names = 0.8 * max(len(timed), 2)
    if len(below) >= names:
        for k in below:
            speakers[k] = blocks[k][2].pop(0).rstrip(":： ")
    elif len(above) >= names:
        for k in above:
            speakers[k] = blocks[k - 1][2].pop().rstrip(":： ")
    return speakers


def _is_name(line: str) -> bool:
    return not line.endswith((".", "!", "?")) and label_end(f"{line.rstrip(':： ')}: ", line.lower()) > 0


def _matches(source: Source) -> bool:
    return _layout([(line, _stamp(line)) for line in source.sample]) is not None


FORMAT = Format(
    "transcript",
    (),
    "text with time stamps",
    read,
    aliases=("stamps",),
    evidence="lines",
    matches=_matches,
)
