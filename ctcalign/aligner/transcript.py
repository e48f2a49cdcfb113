"""The words of all cues in the model's symbols, each with the cue that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ctcalign.alignment.cue import Cue
from ctcalign.text.bilingual import translations
from ctcalign.text.readings.locale import reads_numbers
from ctcalign.text.tokeniser import TokenisedWord, Tokeniser
from ctcalign.text.words import Word, words_of


@dataclass
class Transcript:
    """The words of all cues.

    Attributes:
        cues: the input, in file order.
        words: for each cue, its words, spoken or not.
        spoken: the spoken words of all cues in order.
        homes: for each spoken word, its cue (position in `cues`) and its position among the words of the cue.
        partners: for each cue that only translates another cue at the same time, the position of that cue.
        warnings: characters and words that the model has no symbols for.
    """

    cues: Sequence[Cue]
    words: list[list[Word]] = field(default_factory=list)
    spoken: list[TokenisedWord] = field(default_factory=list)
    homes: list[tuple[int, int]] = field(default_factory=list)
    partners: dict[int, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def letters(self, number: int) -> int:
        """Symbols of spoken word `number` in its first reading, at least one."""
        alternatives = self.spoken[number].alternatives
        return max(1, len(alternatives[0])) if alternatives else 1

    def numbers_of_cues(self) -> list[list[int]]:
        """For each cue, the numbers of its spoken words in order."""
        numbers: list[list[int]] = [[] for _ in self.cues]
        for number, (cue, _) in enumerate(self.homes):
            numbers[cue].append(number)
        return numbers


def without(transcript: Transcript, regions: Sequence[tuple[int, int, int]]) -> Transcript:
    """The transcript with the words in some regions marked as not spoken.

    Args:
        transcript: the transcript, which is not changed.
        regions: each a cue (position in `cues`), and the start and end of a stretch of its text.
    """
    of_cues: dict[int, list[tuple[int, int]]] = {}
    for cue, start, end in regions:
        of_cues.setdefault(cue, []).append((start, end))
    words = [[_silenced(word, of_cues.get(cue, ())) for word in own] for cue, own in enumerate(transcript.words)]
    kept = [number for number, (cue, place) in enumerate(transcript.homes) if words[cue][place].spoken]
    return replace(
        transcript,
        words=words,
        spoken=[transcript.spoken[number] for number in kept],
        homes=[transcript.homes[number] for number in kept],
        partners=dict(transcript.partners),
        warnings=list(transcript.warnings),
    )


def transcript_of(
    cues: Sequence[Cue], tokeniser: Tokeniser, language: str | None, spoken: str | None = None
) -> Transcript:
    """Find the words of every cue and convert them to the model's symbols.

    Lines in another writing system than the speech are kept as words that are not spoken; see `translations`.

    Args:
        cues: in file order.
        tokeniser: the tokeniser of the model.
        language: code of the language by whose rules numbers and signs are read.
        spoken: code of the language of the speech, None if it is not known.
    """
    tokeniser.start_report()
    times = [(cue.start, cue.end) for cue in cues]
    found = translations([cue.text for cue in cues], times, tokeniser.vocabulary, spoken)
    transcript = Transcript(cues, partners=found.partners)
    for number, cue in enumerate(cues):
        words = words_of(cue.text, language)
        if number in found.regions:
            words = [_silenced(word, found.regions[number]) for word in words]
        transcript.words.append(words)
        for position, word in enumerate(words):
            if word.spoken:
                transcript.spoken.append(tokeniser.tokenise(word))
                transcript.homes.append((number, position))
    transcript.warnings = [*([found.warning] if found.warning else []), *tokeniser.report.warnings]
    if any(character.isdecimal() for character in tokeniser.report.unsupported) and not reads_numbers(language):
        transcript.warnings.append(
            f"text: no words for numbers are known in the language {language!r}; write them as they are spoken"
        )
    return transcript


def _silenced(word: Word, regions: Sequence[tuple[int, int]]) -> Word:
    """The word, marked as not spoken if it begins in one of the regions."""
    if word.spoken and any(start <= word.start < end for start, end in regions):
        return replace(word, spoken=False, readings=(), kind="translation")
    return word
