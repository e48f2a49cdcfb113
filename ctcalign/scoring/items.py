"""The cues and words of both sides of a comparison, as one noun."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.text.words import plain_words


@dataclass
class TimedItem:
    """A cue or a word with its place, of an alignment or of the reference. Times in seconds, None where there is none.

    Attributes:
        readings: other ways to write the same words; matching takes the best of them and `text`.
        index: place of the cue in the input file.
        spoken: of the reference: whether somebody says it, None when the reference does not know. Of an alignment:
            whether it is held to be spoken, None where it has failed.
        exact: of the reference: said as the caption that was aligned has it; None when the reference does not tell.
        clip: of the reference: borders of the recording that the speech was cut from, with the silence around it.
        occurrences: of the reference: all the places where it may rightly be.
        words: of a cue.
    """

    text: str
    start: float | None = None
    end: float | None = None
    readings: tuple[str, ...] = ()
    index: int | None = None
    spoken: bool | None = True
    exact: bool | None = None
    score: float | None = None
    confidence: float | None = None
    clip: tuple[float, float] | None = None
    occurrences: tuple[tuple[float, float], ...] = ()
    words: list[TimedItem] = field(default_factory=list)

    @property
    def place(self) -> tuple[float, float] | None:
        """Start and end of what is spoken and placed."""
        if not self.spoken or self.start is None or self.end is None:
            return None
        return self.start, self.end

    @property
    def skipped(self) -> bool:
        """Held to be not spoken. What has failed is neither placed nor skipped."""
        return self.spoken is False

    @property
    def own_words(self) -> list[TimedItem]:
        """Of a cue. A caption of one word is that word: some formats do not time it again, some have a block a word."""
        return self.words or ([self] if all(len(text) == 1 for text in self.texts) else [])

    @cached_property
    def texts(self) -> frozenset[tuple[str, ...]]:
        """The ways to write it as words that can be compared."""
        return frozenset(plain_words(text) for text in (self.text, *self.readings))


@dataclass
class TimedFile:
    """One recording of a file: its cues in file order. Without `has_cues` only the words of the cues mean something."""

    name: str
    cues: list[TimedItem]
    recording: str | None = None
    has_cues: bool = True

    def words(self) -> list[TimedItem]:
        """All words in order; none when the captions do not time their words."""
        if not any(cue.words for cue in self.cues) and not all(cue.own_words for cue in self.cues):
            return []
        return [word for cue in self.cues for word in cue.own_words]


def items_of(alignment: Alignment) -> list[TimedItem]:
    """The cues of an alignment. Words without a letter (punctuation, mark-up) are left out: nobody can miss them."""
    return [
        _item(cue, cue.index, words=[_word(word) for word in cue.words if plain_words(word.text)])
        for cue in alignment.cues
    ]


def _word(word: AlignedWord) -> TimedItem:
    item = _item(word, None)
    if word.reading:
        item.readings = (word.reading,)
    return item


def _item(source: AlignedCue | AlignedWord, index: int | None, words: Iterable[TimedItem] = ()) -> TimedItem:
    return TimedItem(
        source.text,
        source.start,
        source.end,
        index=index,
        spoken={"aligned": True, "not_spoken": False, "failed": None}[source.status],
        score=source.score,
        confidence=source.confidence,
        words=list(words),
    )
