"""Timed items: the cues and words that a comparison pairs, of the alignment and of the reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ctcalign.alignment.alignment import AlignedCue, AlignedWord, Alignment
from ctcalign.spans import Span
from ctcalign.text.words import plain_words


@dataclass
class TimedItem:
    """A cue or word of an alignment or a reference. Times in seconds, None if there is none.

    Attributes:
        readings: other spellings of the text; matching uses the most similar one.
        index: position of the cue in the input file.
        spoken: of a reference: whether it is spoken, None if unknown. Of an alignment: False if its status is
            not_spoken, None if it has failed.
        exact: of a reference: whether it is spoken as written in the caption, None if unknown.
        clip: of a reference: start and end of the clip that the speech was cut from, silence included.
        word_edges: of a reference: start of its first word and end of its last one, where they are known beside `start`
            and `end`.
        occurrences: of a reference: all spans that are correct.
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
    word_edges: tuple[float | None, float | None] = (None, None)
    occurrences: tuple[tuple[float, float], ...] = ()
    words: list[TimedItem] = field(default_factory=list)

    @property
    def place(self) -> Span | None:
        """Start and end of a spoken item, None if it has none."""
        return Span.of(self.start, self.end) if self.spoken else None

    @property
    def skipped(self) -> bool:
        """Whether its status is not_spoken; a failed item is neither placed nor skipped."""
        return self.spoken is False

    @property
    def own_words(self) -> list[TimedItem]:
        """The words of a cue; of a cue of one word without timed words the cue itself."""
        return self.words or ([self] if all(len(text) == 1 for text in self.texts) else [])

    @cached_property
    def texts(self) -> frozenset[tuple[str, ...]]:
        """The text and its other spellings as normalised words."""
        return frozenset(plain_words(text) for text in (self.text, *self.readings))


@dataclass
class TimedFile:
    """One recording of a file: its cues in file order. Without `has_cues`, cues are words between pauses."""

    name: str
    cues: list[TimedItem]
    recording: str | None = None
    has_cues: bool = True

    def words(self) -> list[TimedItem]:
        """All words in order; empty if the words have no times."""
        if not any(cue.words for cue in self.cues) and not all(cue.own_words for cue in self.cues):
            return []
        return [word for cue in self.cues for word in cue.own_words]


def items_of(alignment: Alignment) -> list[TimedItem]:
    """The cues of an alignment. Words without a letter or digit (punctuation, mark-up) are skipped."""
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
