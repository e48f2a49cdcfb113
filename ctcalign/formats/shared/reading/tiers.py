"""Cues of files with tiers: which tiers hold cues and which words, by their names and by the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft, Notes
from ctcalign.formats.shared.reading.pauses import note_pauses, pause_labels
from ctcalign.formats.shared.timed_words import WordRow, assign_words, grouped

WORD_TIER = re.compile(r"(?:^|[\W_])(?:words?|wrd|ort|orthography|wort|wörter|mots?|palabras?)$", re.I)
PHONE_TIER = re.compile(
    r"(?:^|[\W_])(?:phones?|phonemes?|phn|segments?|mau|syllables?|syll|kan|tokens?|chars?|characters?|letters?|sampa|ipa)$",
    re.I,
)
CUE_TIER = re.compile(
    r"(?:^|[\W_])(?:cues?|captions?|subtitles?|utterances?|utts?|sentences?|sent|phrases?|transcripts?|transcriptions?|"
    r"text|trans|trn|intonational phrases?)$",
    re.I,
)


@dataclass
class Tier:
    """A tier of intervals or points: rows of start, end and text.

    Attributes:
        name: as in the file.
        interval: whether it has intervals, not points.
        rows: in file order; times in seconds.
        speaker: "" for an unknown one; None: the file does not say it, but perhaps the name of the tier.
        parent: name of the tier that the intervals of this one divide, if the file says so.
        kind: kind of its intervals if the file gives it; "": derived from the name of the tier.
    """

    name: str
    interval: bool
    rows: list[tuple[float, float, str]] = field(default_factory=list)
    speaker: str | None = None
    parent: str | None = None
    kind: Literal["words", "cues", ""] = ""

    @property
    def filled(self) -> list[tuple[float, float, str]]:
        """The rows with a text."""
        return [row for row in self.rows if row[2].strip()]


def cues_of_tiers(tiers: list[Tier], notes: Notes) -> list[Draft]:
    """Cues of the utterance tiers, with the words of the word tiers inside them.

    Tiers are recognised by name: "cues", "utterances", "sentences", "text", ... and "words", also after a speaker
    ("Ann - words"). With word tiers alone, words are grouped by pauses. Without such names every interval tier has
    the utterances of one speaker, except tiers of phones and tokens. Point tiers are skipped; empty intervals and those
    with a label of silence ("sp", "<sil>", "#") are pauses.
    """
    for tier in tiers:
        _blank_pauses(tier, notes)
    words = [t for t in tiers if t.interval and is_word_tier(t)]
    cues = [t for t in tiers if t.interval and _is_cue_tier(t) and not is_word_tier(t)]
    rest = [t for t in tiers if t.interval and not PHONE_TIER.search(t.name) and t not in words and t not in cues]
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
            if len(speakers) == 1 or _belongs(word_tier, tier):
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


def is_word_tier(tier: Tier) -> bool:
    """Whether the intervals of a tier are words, by what the file says, else by its name."""
    return tier.kind == "words" or (not tier.kind and WORD_TIER.search(tier.name) is not None)


def _is_cue_tier(tier: Tier) -> bool:
    return tier.kind == "cues" or (not tier.kind and CUE_TIER.search(tier.name) is not None)


def _belongs(words: Tier, cues: Tier) -> bool:
    if words.parent is not None:
        return words.parent == cues.name
    return _speaker(words, True) == _speaker(cues, True)


def _tier_names(**names: str) -> dict[str, Any]:
    """The attribute "tiers" of a cue: the names of its tiers, if they are not those that the writer gives."""
    given = {key: name for key, name in names.items() if name and name != key}
    return {"tiers": {**names}} if given else {}


def _blank_pauses(tier: Tier, notes: Notes) -> None:
    if not tier.interval or PHONE_TIER.search(tier.name):
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
    """The speaker in the file; else "Ann" of "Ann - words"; else the whole name, if the tier is one of several."""
    if tier.speaker is not None:
        return tier.speaker or None
    bare = re.sub(r"[\s\W_]*$", "", CUE_TIER.sub("", WORD_TIER.sub("", tier.name)))
    if bare and bare != tier.name:
        return bare
    return tier.name.strip() or None if named and bare else None
