"""Ground truth of captions: whether each is spoken, whether exactly as written, and its times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ctcalign.alignment.cue import Cue

Place = tuple[float, float]


@dataclass(frozen=True)
class Utterance:
    """Verbatim text that is spoken from `start` to `end` (seconds).

    Attributes:
        words: times of its words (separated by white space); None where they are unknown.
        clip: edges of the clip that contains it, with the silence around it; None if there is no clip.
    """

    text: str
    start: float
    end: float
    words: tuple[Place, ...] | None = None
    clip: Place | None = None


@dataclass(frozen=True)
class LabelledWord:
    """A word of a caption with its ground truth.

    Attributes:
        place: when it is spoken; None where it is not spoken, or its times are unknown.
        hole: whether words that are spoken right before it are missing in the caption.
    """

    text: str
    spoken: bool
    place: Place | None = None
    hole: bool = False


@dataclass(frozen=True)
class LabelledCue:
    """A caption with its ground truth.

    Attributes:
        start, end: when it is spoken; None where it is not.
        exact: whether it is spoken as written.
        words: words of the text, separated by white space.
        edges: the earliest start and the latest end that also count as right, since only silence is in between;
            None: only `start` and `end` are right.
    """

    cue: Cue
    start: float | None = None
    end: float | None = None
    exact: bool = True
    words: tuple[LabelledWord, ...] = ()
    edges: Place | None = None

    @property
    def spoken(self) -> bool:
        return self.start is not None

    def right(self, start: float | None, end: float | None, within: float) -> bool:
        """Whether the caption is spoken as written and both times are within a tolerance in seconds.

        The start of a truth may count the breath before the first word, so a time between the border of the clip and
        the word is right as well; ends likewise.
        """
        if not self.exact or self.start is None or self.end is None or start is None or end is None:
            return False
        starts, ends = [self.start], [self.end]
        if self.edges is not None:
            starts, ends = [*starts, self.edges[0]], [*ends, self.edges[1]]
            first, last = (self.words[0].place, self.words[-1].place) if self.words else (None, None)
            starts += [first[0]] if first is not None and self.edges[0] <= first[0] < self.end else []
            ends += [last[1]] if last is not None and self.start < last[1] <= self.edges[1] else []
        return min(starts) - within <= start <= max(starts) + within and min(ends) - within <= end <= max(ends) + within

    def rewritten(self, spelling: Callable[[str], str]) -> LabelledCue:
        """The same words in another spelling."""
        return self.of(tuple(replace(word, text=spelling(word.text)) for word in self.words), self.exact)

    def of(self, words: Sequence[LabelledWord], exact: bool) -> LabelledCue:
        """The same span with other words."""
        cue = replace(self.cue, text=" ".join(word.text for word in words))
        return replace(self, cue=cue, words=tuple(words), exact=exact)

    def without_last(self, count: int) -> LabelledCue:
        """The caption without its last words, which are still spoken."""
        return self.of(self.words[:-count], exact=False)

    def last(self, count: int) -> tuple[LabelledWord, ...]:
        return self.words[-count:]

    def preceded(self, words: Sequence[LabelledWord]) -> LabelledCue:
        """The caption with words of another caption in front."""
        return self.of((*words, *self.words), exact=False)

    def moved(self, seconds: float) -> LabelledCue:
        """The caption with shifted old times and the same ground truth."""
        span = self.cue.span
        if span is None:
            return self
        start = max(0.0, span.start + seconds)
        return replace(self, cue=replace(self.cue, start=start, end=max(start, span.end + seconds)))


def labelled(utterance: Utterance) -> LabelledCue:
    """The verbatim caption of an utterance."""
    texts = utterance.text.split()
    places: Sequence[Place | None] = [None] * len(texts)
    if utterance.words is not None and len(utterance.words) == len(texts):
        places = utterance.words
    words = tuple(LabelledWord(text, True, place) for text, place in zip(texts, places, strict=True))
    cue = Cue(0, " ".join(texts), utterance.start, utterance.end)
    return LabelledCue(cue, utterance.start, utterance.end, True, words, utterance.clip)


def merged(rows: Sequence[LabelledCue]) -> LabelledCue:
    """Merge neighbouring captions, all of them spoken."""
    words = [word for row in rows for word in row.words]
    cue = replace(rows[0].cue, text=" ".join(word.text for word in words), end=rows[-1].cue.end)
    first, last = rows[0].edges, rows[-1].edges
    edges = None if first is None or last is None else (first[0], last[1])
    return LabelledCue(cue, rows[0].start, rows[-1].end, all(row.exact for row in rows), tuple(words), edges)


def split(row: LabelledCue, length: int) -> Iterator[LabelledCue]:
    """Parts of a caption of at most `length` letters; the whole caption where the times of its words are unknown."""
    if any(word.place is None for word in row.words):
        yield row
        return
    part: list[LabelledWord] = []
    for word in row.words:
        if part and len(" ".join(w.text for w in [*part, word])) > length:
            yield _part(row, part)
            part = []
        part.append(word)
    if part:
        yield _part(row, part)


def _part(row: LabelledCue, words: Sequence[LabelledWord]) -> LabelledCue:
    places = [word.place for word in words if word.place is not None]
    start = row.start if words[0] is row.words[0] else places[0][0]
    end = row.end if words[-1] is row.words[-1] else places[-1][1]
    cue = replace(row.cue, text=" ".join(word.text for word in words), start=start, end=end)
    edges = None
    if row.edges is not None and start is not None and end is not None:
        edges = (min(start, row.edges[0]) if start == row.start else start, row.edges[1] if end == row.end else end)
    return LabelledCue(cue, start, end, row.exact, tuple(words), edges)
