"""Praat TextGrids, long and short form.

Praat itself reads a text file as a row of free-standing numbers, quoted texts and <flags> and ignores everything else;
so does this reader, and so both forms are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ctcalign.errors import CaptionError
from ctcalign.text.captions.draft import Draft, Notes, Source
from ctcalign.text.captions.word_rows import WordRow, group, share_words
from ctcalign.text.cues import CueWord

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
class _Tier:
    name: str
    interval: bool
    rows: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def filled(self) -> list[tuple[float, float, str]]:
        return [row for row in self.rows if row[2].strip()]


def read(source: Source, notes: Notes) -> list[Draft]:
    """Cues of the utterance tiers, with the words of the word tiers that lie in them.

    Tiers are told by name: "cues", "utterances", "sentences", "text", ... and "words", also after a speaker ("Ann -
    words"). With word tiers alone, words are grouped by pauses. Without such names every other interval tier is one
    speaker's utterances. Phones, tokens and points are passed over. Intervals without text are pauses.
    """
    tiers = _parse(source)
    words = [t for t in tiers if t.interval and _WORD_TIER.search(t.name)]
    cues = [t for t in tiers if t.interval and _CUE_TIER.search(t.name)]
    rest = [t for t in tiers if t.interval and not _PHONE_TIER.search(t.name) and t not in words and t not in cues]
    if cues or words:
        speakers = cues or []
        if rest and not cues and any(t.filled for t in rest):
            speakers, rest = _beside(words, rest)
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
                left = share_words(own, _words(word_tier))
                if left:
                    notes.add(
                        f"words of tier {word_tier.name!r} lie in no cue; made cues of", detail=f"{len(left)} words"
                    )
                    own += group([WordRow(w, speaker=_speaker(tier, named)) for w in left])
                    strays = True
        drafts += own
    if not speakers:
        for tier in words:
            drafts += group([WordRow(w, speaker=_speaker(tier, len(words) > 1)) for w in _words(tier)])
    if strays or len(speakers or words) > 1:
        drafts.sort(key=lambda d: d.start or 0.0)
    return drafts


def _beside(words: list[_Tier], rest: list[_Tier]) -> tuple[list[_Tier], list[_Tier]]:
    """Word tiers with one tier of unknown name: that one holds the cues if its intervals are longer than the words."""
    count = sum(len(t.filled) for t in words)
    cues = [t for t in rest if 0 < len(t.filled) < count and any(" " in text.strip() for _, _, text in t.filled)]
    return cues, [t for t in rest if t not in cues]


def _words(tier: _Tier) -> list[CueWord]:
    return [CueWord(text.strip(), a, b) for a, b, text in tier.filled]


def _speaker(tier: _Tier, named: bool) -> str | None:
    """ "Ann" of "Ann - words"; of a tier that is one of several the whole name."""
    bare = re.sub(r"[\s\W_]*$", "", _CUE_TIER.sub("", _WORD_TIER.sub("", tier.name)))
    if bare and bare != tier.name:
        return bare
    return tier.name.strip() or None if named and bare else None


def _parse(source: Source) -> list[_Tier]:
    tokens = [(m.lastgroup, m.group(m.lastgroup or 0)) for m in _TOKEN.finditer(_without_comments(source.text))]
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
        tier = _Tier(name.replace('""', '"'), kind == "IntervalTier")
        for _ in range(int(reader.number())):
            start = reader.number()
            end = reader.number() if tier.interval else start
            tier.rows.append((start, end, reader.text().replace('""', '"')))
        tiers.append(tier)
    return tiers


def _without_comments(text: str) -> str:
    """ "!" begins a comment in Praat's text files, but not inside quotes."""
    if "!" not in text:
        return text
    return re.sub(r'("(?:[^"]|"")*")|(?<!\S)![^\n]*', lambda m: m[1] or "", text)


class _Tokens:
    """The tokens in order, with errors that say what is missing."""

    def __init__(self, tokens: list[tuple[str | None, str]], name: str) -> None:
        self._tokens = iter(tokens)
        self._name = name

    def text(self) -> str:
        return self._next("text")

    def number(self) -> float:
        return float(self._next("number"))

    def flag_exists(self) -> bool:
        return self._next("flag") == "exists"

    def _next(self, kind: str) -> str:
        # In the long form "item [1]:" leaves no free-standing number, so kinds always come as the format says.
        got, value = next(self._tokens, (None, ""))
        if got != kind:
            found = f"{got} {value[:30]!r}" if got else "its end"
            raise CaptionError(
                f"{self._name}: damaged TextGrid: expected a {kind}, got {found}; save it again in Praat"
            )
        return value
