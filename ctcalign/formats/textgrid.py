"""Praat TextGrid, long text form, with the interval tiers "words", "cues" and, when there are any, "tokens"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.errors import CaptionError
from ctcalign.formats.shared.clock import decimal, number, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.pauses import note_pauses, pause_labels
from ctcalign.formats.shared.timed_words import WordRow, assign_words, grouped
from ctcalign.formats.shared.view import counted, omission_note, placed_cues

_PER_SECOND = 1_000_000
_LEAST = 1_000  # ticks: an interval of zero length is widened to a millisecond if there is room

# Some readers split the long form at these keys, in texts too: a file with such a text is written in Praat's short
# form, which has no keys.
_KEYS = re.compile(r"(item|intervals|points) ?\[|(xmin|xmax|text|name|class) ?=")

Interval = tuple[int, int, str]


@dataclass
class _Tier:
    name: str
    intervals: list[Interval]


def render(alignment: Alignment) -> Rendered:
    """Times to the microsecond. Gaps are empty intervals.

    A tier cannot represent overlaps: if cues of several speakers overlap, each speaker has tiers of their own ("Ann -
    words", "Ann - cues"); an interval that still overlaps the one before it starts at that one's end.
    """
    placed, lost = placed_cues(alignment)
    # An interval without text would be a gap.
    blank = [cue.index for cue, _, _ in placed if not plain(cue.text)]
    placed = [row for row in placed if plain(row[0].text)]
    cues = [cue for cue, _, _ in placed]
    xmax = max([ticks(alignment.duration, _PER_SECOND), *(ticks(end, _PER_SECOND) for _, _, end in placed)])
    if xmax <= 0:
        xmax = _LEAST  # Praat refuses a grid of zero length
    notes = omission_note(lost) + omission_note(blank, "have no text")
    tiers: list[_Tier] = []
    words = 0
    dropped: list[int] = []
    for prefix, members in _groups(placed):
        spans, gone = _tier(((c.start, c.end, plain(c.text)) for c in members), xmax, notes, "cue")
        dropped += [members[i].index for i in gone]
        timed = [w for c in members for w in c.words if w.status != "not_spoken" and plain(w.text)]
        word_spans, word_gone = _tier(((w.start, w.end, plain(w.text)) for w in timed), xmax, notes, "word")
        words += sum(w.start is not None for w in timed) - len(word_gone)
        tokens = [t for c in members for w in c.words for t in w.tokens]
        token_spans, _ = _tier(((t.start, t.end, t.text) for t in tokens), xmax, notes, "token")
        tiers.append(_Tier(prefix + "words", word_spans))
        tiers.append(_Tier(prefix + "cues", spans))
        if tokens:
            tiers.append(_Tier(prefix + "tokens", token_spans))
    texts = (text for tier in tiers for text in [tier.name, *(label for _, _, label in tier.intervals)])
    write = _short if any(_KEYS.search(text) for text in texts) else _long
    return Rendered(write(tiers, xmax), len(cues) - len(dropped), words, sorted(lost + blank + dropped), notes)


def _groups(placed: list[tuple[AlignedCue, float, float]]) -> list[tuple[str, list[AlignedCue]]]:
    cues = [cue for cue, _, _ in placed]
    overlap = any(a[2] > b[1] for a, b in itertools.pairwise(placed))
    speakers = list(dict.fromkeys(" ".join((cue.speaker or "").split()) for cue in cues))
    if not overlap or len(speakers) < 2:
        return [("", cues)]
    unknown = "unknown"
    while unknown in speakers:
        unknown += " speaker"
    return [
        (f"{speaker or unknown} - ", [c for c in cues if " ".join((c.speaker or "").split()) == speaker])
        for speaker in speakers
    ]


def _tier(
    rows: Iterable[tuple[float | None, float | None, str]], xmax: int, notes: list[str], noun: str
) -> tuple[list[Interval], list[int]]:
    """Intervals without overlap, and the positions in `rows` of those that had no room."""
    spans = [
        (ticks(start, _PER_SECOND), ticks(end, _PER_SECOND), i, text)
        for i, (start, end, text) in enumerate(rows)
        if start is not None and end is not None
    ]
    spans.sort(key=lambda span: span[:3])
    kept: list[Interval] = []
    dropped: list[int] = []
    clipped = 0
    at = 0
    for k, (start, end, i, text) in enumerate(spans):
        clipped += start < at
        start = max(start, at)
        if end <= start:
            following = spans[k + 1][0] if k + 1 < len(spans) else xmax
            end = min(start + _LEAST, max(following, start), xmax)
        if end <= start:
            dropped.append(i)
            continue
        kept.append((start, end, text))
        at = end
    if clipped:
        notes.append(f"{counted(clipped, noun)} began before the end of the one before: clipped")
    if dropped:
        notes.append(f"{counted(len(dropped), noun)} without length and without room for any: omitted")
    return kept, dropped


def _filled(intervals: list[Interval], xmax: int) -> list[Interval]:
    out: list[Interval] = []
    at = 0
    for start, end, text in intervals:
        if start > at:
            out.append((at, start, ""))
        out.append((start, end, text))
        at = end
    if at < xmax:
        out.append((at, xmax, ""))
    return out


def _seconds(tick: int) -> str:
    return decimal(tick, 6).rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _long(tiers: list[_Tier], xmax: int) -> str:
    end = _seconds(xmax)
    out = [f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = {end} \n']
    out.append(f"tiers? <exists> \nsize = {len(tiers)} \nitem []: \n")
    for n, tier in enumerate(tiers, 1):
        rows = _filled(tier.intervals, xmax)
        out.append(f'    item [{n}]:\n        class = "IntervalTier" \n        name = {_quoted(tier.name)} \n')
        out.append(f"        xmin = 0 \n        xmax = {end} \n        intervals: size = {len(rows)} \n")
        for i, (a, b, text) in enumerate(rows, 1):
            out.append(
                f"        intervals [{i}]:\n            xmin = {_seconds(a)} \n            xmax = {_seconds(b)} \n"
            )
            out.append(f"            text = {_quoted(text)} \n")
    return "".join(out)


def _short(tiers: list[_Tier], xmax: int) -> str:
    end = _seconds(xmax)
    out = [f'File type = "ooTextFile short"\nObject class = "TextGrid"\n\n0\n{end}\n<exists>\n{len(tiers)}\n']
    for tier in tiers:
        rows = _filled(tier.intervals, xmax)
        out.append(f'"IntervalTier"\n{_quoted(tier.name)}\n0\n{end}\n{len(rows)}\n')
        out.extend(f"{_seconds(a)}\n{_seconds(b)}\n{_quoted(text)}\n" for a, b, text in rows)
    return "".join(out)


_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)%?(?!\S)|(?<!\S)<(?P<flag>\w+)>'
)
_WORD_TIER = re.compile(r"(?:^|[\W_])(?:words?|wrd|ort|orthography|wort|wörter|mots?|palabras?)$", re.I)
_PHONE_TIER = re.compile(
    r"(?:^|[\W_])(?:phones?|phonemes?|phn|segments?|mau|syllables?|syll|kan|tokens?|chars?|characters?|letters?|sampa|ipa)$",
    re.I,
)
_CUE_TIER = re.compile(
    r"(?:^|[\W_])(?:cues?|captions?|subtitles?|utterances?|utts?|sentences?|sent|phrases?|transcripts?|transcriptions?|"
    r"text|trans|trn|intonational phrases?)$",
    re.I,
)


@dataclass
class _ReadTier:
    name: str
    interval: bool
    rows: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def filled(self) -> list[tuple[float, float, str]]:
        return [row for row in self.rows if row[2].strip()]


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of the utterance tiers, with the words of the word tiers inside them.

    Tiers are recognised by name: "cues", "utterances", "sentences", "text", ... and "words", also after a speaker
    ("Ann - words"). With word tiers alone, words are grouped by pauses. Without such names every interval tier has
    the utterances of one speaker, except tiers of phones and tokens. Point tiers are skipped; empty intervals and those
    with a label of silence ("sp", "<sil>", "#") are pauses.
    """
    tiers = _parse(source)
    for tier in tiers:
        _blank_pauses(tier, notes)
    words = [t for t in tiers if t.interval and _WORD_TIER.search(t.name)]
    cues = [t for t in tiers if t.interval and _CUE_TIER.search(t.name)]
    rest = [t for t in tiers if t.interval and not _PHONE_TIER.search(t.name) and t not in words and t not in cues]
    if cues or words:
        speakers = cues or []
        if rest and not cues and any(t.filled for t in rest):
            speakers, rest = _cue_tiers(words, rest)
        if rest:
            notes.add("tiers not read", detail=", ".join(repr(t.name) for t in rest))
    elif rest:
        speakers = rest
    else:
        speakers = [t for t in tiers if t.interval] or tiers
    named = len(speakers) > 1
    drafts: list[Draft] = []
    strays = False
    for tier in speakers:
        own = [Draft(text, a, b, speaker=_speaker(tier, named)) for a, b, text in tier.filled]
        for word_tier in words:
            if len(speakers) == 1 or _speaker(word_tier, True) == _speaker(tier, True):
                left = assign_words(own, _words(word_tier))
                if left:
                    notes.add(
                        f"words of tier {word_tier.name!r} are in no cue; grouped into cues by pauses",
                        detail=f"{len(left)} words",
                    )
                    own += grouped([WordRow(w, speaker=_speaker(tier, named)) for w in left])
                    strays = True
        drafts += own
    if not speakers:
        for tier in words:
            drafts += grouped([WordRow(w, speaker=_speaker(tier, len(words) > 1)) for w in _words(tier)])
    if strays or len(speakers or words) > 1:
        drafts.sort(key=lambda d: d.start or 0.0)
    return drafts


def _blank_pauses(tier: _ReadTier, notes: Notes) -> None:
    if not tier.interval or _PHONE_TIER.search(tier.name):
        return
    pauses = pause_labels([text for _, _, text in tier.rows])
    count = sum(text.strip() in pauses for _, _, text in tier.rows)
    tier.rows = [(a, b, "" if text.strip() in pauses else text) for a, b, text in tier.rows]
    note_pauses(pauses, count, notes)


def _cue_tiers(words: list[_ReadTier], rest: list[_ReadTier]) -> tuple[list[_ReadTier], list[_ReadTier]]:
    """Tiers of unknown name split into tiers of cues (fewer intervals than words, some of several words) and others."""
    count = sum(len(t.filled) for t in words)
    cues = [t for t in rest if 0 < len(t.filled) < count and any(" " in text.strip() for _, _, text in t.filled)]
    return cues, [t for t in rest if t not in cues]


def _words(tier: _ReadTier) -> list[CueWord]:
    return [CueWord(text.strip(), a, b) for a, b, text in tier.filled]


def _speaker(tier: _ReadTier, named: bool) -> str | None:
    """ "Ann" of "Ann - words"; else the whole name, if the tier is one of several."""
    bare = re.sub(r"[\s\W_]*$", "", _CUE_TIER.sub("", _WORD_TIER.sub("", tier.name)))
    if bare and bare != tier.name:
        return bare
    return tier.name.strip() or None if named and bare else None


def _parse(source: Source) -> list[_ReadTier]:
    tokens = ((m.lastgroup, m.group(m.lastgroup or 0)) for m in _TOKEN.finditer(_without_comments(source.text)))
    reader = _Tokens(tokens, source.name)
    head = [reader.text(), reader.text()]
    if "ooTextFile" not in head[0] or "TextGrid" not in head[1]:
        raise CaptionError(f"{source.name}: expected a Praat TextGrid, got {head[1]!r}; save the TextGrid as text")
    reader.number(), reader.number()
    if not reader.flag_exists():
        return []
    tiers = []
    for _ in range(int(reader.number())):
        kind, name = reader.text(), reader.text()
        reader.number(), reader.number()
        tier = _ReadTier(name.replace('""', '"'), kind == "IntervalTier")
        for _ in range(int(reader.number())):
            start = reader.number()
            end = reader.number() if tier.interval else start
            tier.rows.append((start, end, reader.text().replace('""', '"')))
        tiers.append(tier)
    return tiers


def _without_comments(text: str) -> str:
    """The text without Praat's comments, which begin with "!" outside quotes."""
    if "!" not in text:
        return text
    return re.sub(r'("(?:[^"]|"")*")|(?<!\S)![^\n]*', lambda m: m[1] or "", text)


class _Tokens:
    """The tokens in order; raises an error that names what is missing."""

    def __init__(self, tokens: Iterator[tuple[str | None, str]], name: str) -> None:
        self._tokens = tokens
        self._name = name

    def text(self) -> str:
        return self._next("text")

    def number(self) -> float:
        found = number(text := self._next("number"))
        if found is None:
            raise CaptionError(
                f"{self._name}: damaged TextGrid: the number {text[:30]!r} is no time; save it again in Praat"
            )
        return found

    def flag_exists(self) -> bool:
        return self._next("flag") == "exists"

    def _next(self, kind: str) -> str:
        # In the long form "item [1]:" gives no token, so both forms have the same sequence of kinds.
        got, value = next(self._tokens, (None, ""))
        if got != kind:
            found = f"{got} {value[:30]!r}" if got else "its end"
            raise CaptionError(
                f"{self._name}: damaged TextGrid: expected a {kind}, got {found}; save it again in Praat"
            )
        return value


def _matches(source: Source) -> bool:
    first = source.head[:2000]
    return first.startswith(('File type = "ooTextFile', '"ooTextFile')) and "TextGrid" in first


FORMAT = Format(
    "textgrid",
    (".TextGrid",),
    "Praat TextGrid: words, cues, tokens",
    read,
    render,
    resolution=1e-6,
    keeps=frozenset({"words", "word_ends"}),
    evidence="header",
    matches=_matches,
)
