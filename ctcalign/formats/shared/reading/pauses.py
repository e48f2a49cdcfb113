"""Labels of silence in files of timed labels: what aligners and annotators write instead of an empty label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ctcalign.alignment.cue import CueWord
from ctcalign.formats.shared.drafts import Draft, Notes
from ctcalign.formats.shared.timed_words import WordRow

# Sources: HTK and Julius (sil, sp, silB, !ENTER), Kaldi (<eps>, SIL), MFA (sp, spn, <eps>), WebMAUS (<p:>, <usb>,
# <nib>), P2FA ({SL}, {NS}, {BR}, {LG}, {CG}), festival (pau), TIMIT (h#), Praat users (#, xxx is not among them).
_MARKED = re.compile(
    r"[<{\[(]\s*/?(?:sil|sp|spn|nsn|ssil|pau|pause|silence|eps|epsilon|p:|sl|usb|nib|#)\s*/?[>}\])]"
    r"|</?[sp]>|\{(?:ns|br|lg|cg)\}|!(?:sil|enter|exit|null)|sil[be]|h#|#+|_+",
    re.IGNORECASE,
)
_BARE = frozenset("sil sp spn nsn ssil pau usb nib".split())
_WORDS_TOO = frozenset("silence pause".split())  # also words of English
_SHARE = 0.05  # of the labels that a bare label must be, unless it is the first or the last


def pause_labels(labels: Sequence[str]) -> frozenset[str]:
    """The labels of a tier, or of a list of words in order, that stand for silence.

    `<sil>`, `#` and the like always do; "sp" and "sil" do if they are the first or last label or occur often, "silence"
    and "pause" only if they also occur several times.
    """
    counts = Counter(label.strip() for label in labels if label.strip())
    ends = {label.strip() for label in (*labels[:1], *labels[-1:])}
    found = set()
    for label, count in counts.items():
        low = label.lower()
        often = count >= max(2, _SHARE * counts.total())
        if (
            _MARKED.fullmatch(label)
            or (low in _BARE and (often or label in ends))
            or (low in _WORDS_TOO and often and (count > 2 or label in ends))
        ):
            found.add(label)
    return frozenset(found)


def spoken_rows(rows: Sequence[WordRow], notes: Notes) -> list[WordRow]:
    """The rows of words without those of silence."""
    return [row for row, keep in zip(rows, _kept([row.word.text for row in rows], notes), strict=True) if keep]


def spoken_words(words: Sequence[CueWord], notes: Notes) -> list[CueWord]:
    """The words without those of silence."""
    return [word for word, keep in zip(words, _kept([word.text for word in words], notes), strict=True) if keep]


def spoken_drafts(drafts: Sequence[Draft], notes: Notes) -> list[Draft]:
    """The cues without those of silence."""
    return [draft for draft, keep in zip(drafts, _kept([draft.text for draft in drafts], notes), strict=True) if keep]


def _kept(texts: Sequence[str], notes: Notes) -> Iterable[bool]:
    pauses = pause_labels(texts)
    note_pauses(pauses, sum(text.strip() in pauses for text in texts), notes)
    return [text.strip() not in pauses for text in texts]


def note_pauses(labels: frozenset[str], count: int, notes: Notes) -> None:
    """One note for the labels of a tier or list that were read as silence."""
    if count:
        notes.add("labels of silence, read as pauses", detail=f"{count} × {', '.join(map(repr, sorted(labels)))}")
