"""Names of the tiers of an output: those of the input, else by speaker."""

from __future__ import annotations

from typing import NamedTuple

from ctcalign.alignment.alignment import AlignedCue


class TierNames(NamedTuple):
    """Names of the tiers of words, cues and tokens."""

    words: str = "words"
    cues: str = "cues"
    tokens: str = "tokens"


def own_groups(cues: list[AlignedCue]) -> list[tuple[TierNames, list[AlignedCue]]]:
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
        plain_names = TierNames() if len(groups) == 1 else prefixed(own or words or "other")
        wanted = plain_names._replace(cues=own or plain_names.cues, words=words or plain_names.words)
        found = []
        for name in wanted:
            while name in taken:  # one tier of words for several of cues
                name += "-2"
            taken.add(name)
            found.append(name)
        out.append((TierNames(*found), members))
    return out


def prefixed(name: str) -> TierNames:
    """The names of the tiers of a speaker, such as "Ann - words"."""
    return TierNames(*(f"{name} - {own}" for own in TierNames()))
