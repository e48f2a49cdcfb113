"""Praat TextGrid, long text form, with the interval tiers "words", "cues" and, when there are any, "tokens"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.clock import decimal, ticks
from ctcalign.formats.shared.drafts import Draft, Notes, Source
from ctcalign.formats.shared.format import Format, Rendered
from ctcalign.formats.shared.mark_up import plain
from ctcalign.formats.shared.reading.pauses import note_pauses, pause_labels
from ctcalign.formats.shared.reading.praat import Tier, tiers_of
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

    Tiers have the names of those of an input TextGrid. A tier cannot represent overlaps: if cues of several speakers
    overlap, each speaker has tiers of their own ("Ann - words", "Ann - cues"); an interval that still overlaps the one
    before it starts at that one's end.
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
    for names, members in _groups(alignment, placed):
        spans, gone = _tier(((c.start, c.end, plain(c.text)) for c in members), xmax, notes, "cue")
        dropped += [members[i].index for i in gone]
        timed = [w for c in members for w in c.words if w.status != "not_spoken" and plain(w.text)]
        word_spans, word_gone = _tier(((w.start, w.end, plain(w.text)) for w in timed), xmax, notes, "word")
        words += sum(w.start is not None for w in timed) - len(word_gone)
        tokens = [t for c in members for w in c.words for t in w.tokens]
        token_spans, _ = _tier(((t.start, t.end, t.text) for t in tokens), xmax, notes, "token")
        tiers.append(_Tier(names.words, word_spans))
        tiers.append(_Tier(names.cues, spans))
        if tokens:
            tiers.append(_Tier(names.tokens, token_spans))
    texts = (text for tier in tiers for text in [tier.name, *(label for _, _, label in tier.intervals)])
    write = _short if any(_KEYS.search(text) for text in texts) else _long
    return Rendered(write(tiers, xmax), len(cues) - len(dropped), words, sorted(lost + blank + dropped), notes)


class _Names(NamedTuple):
    words: str = "words"
    cues: str = "cues"
    tokens: str = "tokens"


def _groups(
    alignment: Alignment, placed: list[tuple[AlignedCue, float, float]]
) -> list[tuple[_Names, list[AlignedCue]]]:
    """Cues by tier: as in the input TextGrid, else by speaker where they overlap, else all in one."""
    cues = [cue for cue, _, _ in placed]
    if alignment.source is not None and alignment.source.format == "textgrid":
        own = _own_groups(cues)
        if own:
            return own
    overlap = any(a[2] > b[1] for a, b in itertools.pairwise(placed))
    speakers = list(dict.fromkeys(" ".join((cue.speaker or "").split()) for cue in cues))
    if not overlap or len(speakers) < 2:
        return [(_Names(), cues)]
    unknown = "unknown"
    while unknown in speakers:
        unknown += " speaker"
    return [
        (_prefixed(speaker or unknown), [c for c in cues if " ".join((c.speaker or "").split()) == speaker])
        for speaker in speakers
    ]


def _own_groups(cues: list[AlignedCue]) -> list[tuple[_Names, list[AlignedCue]]]:
    """Cues by the tiers of the input, which name those of the output; empty if they name none."""
    groups: dict[tuple[str | None, str | None], list[AlignedCue]] = {}
    for cue in cues:
        given = cue.attributes.get("tiers")
        names = given if isinstance(given, dict) else {}
        own, words = (names.get(key) if isinstance(names.get(key), str) else None for key in ("cues", "words"))
        groups.setdefault((own, words), []).append(cue)
    if all(key == (None, None) for key in groups):
        return []
    taken: set[str] = set()
    out = []
    for (own, words), members in groups.items():
        plain_names = _Names() if len(groups) == 1 else _prefixed(own or words or "other")
        wanted = plain_names._replace(cues=own or plain_names.cues, words=words or plain_names.words)
        found = []
        for name in wanted:
            while name in taken:  # one tier of words for several of cues
                name += "-2"
            taken.add(name)
            found.append(name)
        out.append((_Names(*found), members))
    return out


def _prefixed(name: str) -> _Names:
    return _Names(*(f"{name} - {own}" for own in _Names()))


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


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of the utterance tiers, with the words of the word tiers inside them.

    Tiers are recognised by name: "cues", "utterances", "sentences", "text", ... and "words", also after a speaker
    ("Ann - words"). With word tiers alone, words are grouped by pauses. Without such names every interval tier has
    the utterances of one speaker, except tiers of phones and tokens. Point tiers are skipped; empty intervals and those
    with a label of silence ("sp", "<sil>", "#") are pauses.
    """
    tiers = tiers_of(source)
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
        own = [
            Draft(text, a, b, speaker=_speaker(tier, named), attributes=_tier_names(cues=tier.name))
            for a, b, text in tier.filled
        ]
        for word_tier in words:
            if len(speakers) == 1 or _speaker(word_tier, True) == _speaker(tier, True):
                for draft in own:
                    draft.attributes = _tier_names(cues=tier.name, words=word_tier.name)
                left = assign_words(own, _words(word_tier))
                if left:
                    notes.add(
                        f"words of tier {word_tier.name!r} are in no cue; grouped into cues by pauses",
                        detail=f"{len(left)} words",
                    )
                    more = grouped([WordRow(w, speaker=_speaker(tier, named)) for w in left])
                    for draft in more:
                        draft.attributes = _tier_names(cues=tier.name, words=word_tier.name)
                    own += more
                    strays = True
        drafts += own
    if not speakers:
        for tier in words:
            own = grouped([WordRow(w, speaker=_speaker(tier, len(words) > 1)) for w in _words(tier)])
            for draft in own:
                draft.attributes = _tier_names(words=tier.name)
            drafts += own
    if strays or len(speakers or words) > 1:
        drafts.sort(key=lambda d: d.start or 0.0)
    return drafts


def _tier_names(**names: str) -> dict[str, Any]:
    """The attribute "tiers" of a cue: the names of its tiers, if they are not those that the writer gives."""
    given = {key: name for key, name in names.items() if name and name != key}
    return {"tiers": {**names}} if given else {}


def _blank_pauses(tier: Tier, notes: Notes) -> None:
    if not tier.interval or _PHONE_TIER.search(tier.name):
        return
    pauses = pause_labels([text for _, _, text in tier.rows])
    count = sum(text.strip() in pauses for _, _, text in tier.rows)
    tier.rows = [(a, b, "" if text.strip() in pauses else text) for a, b, text in tier.rows]
    note_pauses(pauses, count, notes)


def _cue_tiers(words: list[Tier], rest: list[Tier]) -> tuple[list[Tier], list[Tier]]:
    """Tiers of unknown name split into tiers of cues (fewer intervals than words, some of several words) and others."""
    count = sum(len(t.filled) for t in words)
    cues = [t for t in rest if 0 < len(t.filled) < count and any(" " in text.strip() for _, _, text in t.filled)]
    return cues, [t for t in rest if t not in cues]


def _words(tier: Tier) -> list[CueWord]:
    return [CueWord(text.strip(), a, b) for a, b, text in tier.filled]


def _speaker(tier: Tier, named: bool) -> str | None:
    """ "Ann" of "Ann - words"; else the whole name, if the tier is one of several."""
    bare = re.sub(r"[\s\W_]*$", "", _CUE_TIER.sub("", _WORD_TIER.sub("", tier.name)))
    if bare and bare != tier.name:
        return bare
    return tier.name.strip() or None if named and bare else None


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
    restores={"textgrid": frozenset({"tiers"})},
    evidence="header",
    matches=_matches,
)
