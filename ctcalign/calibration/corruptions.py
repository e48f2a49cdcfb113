"""Artificial caption errors with ground truth, to fit and measure confidences.

The kinds are errors of real captions: wrong, missing and inserted words; captions that are missing, not spoken,
duplicated, swapped, shifted, merged or split; and changes of letter case, punctuation and number form, which do not
make a caption wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ctcalign.alignment.cue import Cue
from ctcalign.calibration.truth import LabelledCue, LabelledWord, Utterance, labelled, merged, split
from ctcalign.checks import check_choice
from ctcalign.errors import UsageError

WORD_RATES = {"text_noise05": 0.05, "text_noise15": 0.15, "text_noise30": 0.30}
MISSING, EXTRA, TWICE = 0.3, 0.3, 0.3  # fractions of the captions
SWAPPED, SHIFTED = 0.15, 0.3  # of the pairs of neighbours
SPLIT_LENGTH = 37  # letters of a caption
SUBSTITUTED, DELETED = 0.5, 0.25  # of the word errors; the others are insertions
_SHORT = "zero one two three four five six seven eight nine ten eleven twelve".split()
NUMBERS = {word: str(value) for value, word in enumerate(_SHORT)}


@dataclass
class _Job:
    random: random.Random
    texts: Sequence[str]  # of captions that are not spoken
    words: Sequence[str]  # for substitutions and insertions


def corrupt(
    utterances: Sequence[Utterance], kind: str, seed: int = 0, texts: Sequence[str] | None = None
) -> list[LabelledCue]:
    """Captions of a recording with errors of one kind, and their ground truth.

    Args:
        utterances: all utterances of the recording, in order.
        kind: one of `KINDS`.
        seed: the same seed gives the same captions.
        texts: captions that are not spoken in this recording, for extra captions and wrong words; None shuffles the
            words of `utterances`.
    Returns:
        Cues numbered from 0. Their old times are the true ones, except for the kinds "shifted" and "mixed".
    Raises:
        UsageError: no utterances, or an unknown kind.
    """
    check_choice("kind", kind, KINDS)
    if not utterances:
        raise UsageError("utterances: got none; give at least one")
    rng = random.Random(f"{kind} {seed}")
    pool = list(texts) if texts else _shuffled(utterances, rng)
    job = _Job(rng, pool, [word for text in pool for word in text.split()])
    rows = KINDS[kind](job, [labelled(utterance) for utterance in utterances])
    return [_numbered(row, number) for number, row in enumerate(rows)]


def _numbered(row: LabelledCue, number: int) -> LabelledCue:
    return replace(row, cue=replace(row.cue, index=number))


def _shuffled(utterances: Sequence[Utterance], rng: random.Random) -> list[str]:
    words = [word for utterance in utterances for word in utterance.text.split()]
    return [" ".join(rng.sample(words, min(len(words), len(u.text.split())))) for u in utterances]


def _exact(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    return rows


def _casing(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    """Upper and lower case alternately, without punctuation at the ends of words."""
    return [row.rewritten(lambda word, n=n: _plain(word, upper=n % 2 == 0)) for n, row in enumerate(rows)]  # type: ignore[misc]


def _plain(word: str, *, upper: bool) -> str:
    bare = word.strip('.,;:!?"()') or word
    return bare.upper() if upper else bare.lower()


def _digits(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    return [row.rewritten(lambda word: NUMBERS.get(word.lower(), word)) for row in rows]


def _word_noise(kind: str) -> Callable[[_Job, list[LabelledCue]], list[LabelledCue]]:
    return lambda job, rows: [noisy(row, WORD_RATES[kind], job.words, job.random) for row in rows]


def noisy(row: LabelledCue, rate: float, words: Sequence[str], rng: random.Random) -> LabelledCue:
    """A spoken caption with word errors: half of them substitutions, a quarter deletions, a quarter insertions.

    Args:
        rate: errors per word, in [0, 1].
        words: vocabulary of the wrong words.
    """
    out: list[LabelledWord] = []
    errors = 0
    hole = False
    for word in row.words:
        kind = rng.random() if rng.random() < rate else None
        errors += kind is not None
        if kind is not None and SUBSTITUTED <= kind < SUBSTITUTED + DELETED:
            hole = True
            continue
        wrong = LabelledWord(_other(word.text, words, rng), spoken=False) if kind is not None else word
        out.append(replace(word if kind is None or kind >= SUBSTITUTED else wrong, hole=hole or word.hole))
        hole = False
        if kind is not None and kind >= SUBSTITUTED:
            out.append(wrong)
    if not out:  # keep at least one word
        return row
    return row.of(out, row.exact and not errors)


def _other(word: str, words: Sequence[str], rng: random.Random) -> str:
    """Another word: of eight drawn, either the first or the one of the most similar length."""
    alike = _letters(word)
    found = [drawn for drawn in rng.choices(words, k=8) if _letters(drawn) not in (alike, "")]
    if not found:
        return word + "less"
    if rng.random() < 0.5:
        return found[0]
    return min(found, key=lambda drawn: abs(len(drawn) - len(word)))


def _letters(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _missing(job: _Job, rows: list[LabelledCue], fraction: float = MISSING) -> list[LabelledCue]:
    return [row for row in rows if job.random.random() >= fraction] or rows[:1]


def _extra(job: _Job, rows: list[LabelledCue], fraction: float = EXTRA) -> list[LabelledCue]:
    out: list[LabelledCue] = []
    for row in rows:
        out.append(row)
        if job.random.random() < fraction:
            end = row.cue.end or 0.0
            out.append(LabelledCue(Cue(0, job.random.choice(job.texts), end, end + 1.0), exact=False))
    return out


def _duplicated(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    out: list[LabelledCue] = []
    for row in rows:
        out.append(row)
        if job.random.random() < TWICE:
            out.append(LabelledCue(row.cue, exact=False))
    return out


def _swapped(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    """Swapped neighbours: at least one of the two cannot be aligned."""
    out = list(rows)
    place = 0
    while place + 1 < len(out):
        if job.random.random() < SWAPPED:
            out[place], out[place + 1] = out[place + 1], out[place]
            place += 1
        place += 1
    return out


def _shifted(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    """Move some words across the border between two captions, which makes both wrong."""
    out = list(rows)
    for place in range(len(out) - 1):
        here, after = out[place], out[place + 1]
        count = job.random.randint(1, 2)
        if job.random.random() < SHIFTED and min(len(here.words), len(after.words)) > 2 * count:
            out[place], out[place + 1] = here.without_last(count), after.preceded(here.last(count))
    return out


def _merged(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    out: list[LabelledCue] = []
    place = 0
    while place < len(rows):
        count = job.random.randint(1, 3)
        out.append(merged(rows[place : place + count]))
        place += count
    return out


def _split(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    """Split captions; an utterance without word times is not split."""
    return [part for row in rows for part in split(row, SPLIT_LENGTH)]


def _mixed(job: _Job, rows: list[LabelledCue]) -> list[LabelledCue]:
    rows = _extra(job, _missing(job, rows, 0.12), 0.15)
    rows = [
        noisy(row, 0.15, job.words, job.random) if row.spoken and job.random.random() < 0.5 else row for row in rows
    ]
    return [row.moved(job.random.gauss(0.0, 0.7)) for row in rows]


KINDS: dict[str, Callable[[_Job, list[LabelledCue]], list[LabelledCue]]] = {
    "exact": _exact,
    "casing": _casing,
    "digits": _digits,
    **{kind: _word_noise(kind) for kind in WORD_RATES},
    "missing": _missing,
    "extra": _extra,
    "duplicated": _duplicated,
    "swapped": _swapped,
    "shifted": _shifted,
    "merged": _merged,
    "split": _split,
    "mixed": _mixed,
}
