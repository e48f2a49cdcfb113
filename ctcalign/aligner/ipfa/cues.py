"""Cues to rows of text for the loops, and segments back to cues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ctcalign.aligner.ipfa.amounts import chunks
from ctcalign.aligner.ipfa.edges import grown
from ctcalign.aligner.ipfa.guesses import guess
from ctcalign.aligner.ipfa.mended import run_mended
from ctcalign.aligner.ipfa.published import restored, run_published
from ctcalign.aligner.ipfa.references import Stretch, between_long_pauses
from ctcalign.aligner.ipfa.segmenter import CtcSegmenter, Segment, frames_between
from ctcalign.aligner.ipfa.settings import DEFAULT, Settings
from ctcalign.ctc.segmentation.segments import SegmentationRules
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError

CueWords = Sequence[Sequence[int]]
"""Labels of each word of a cue that the vocabulary covers."""


@dataclass(frozen=True)
class Part:
    """A placed chunk of a cue: its words [first, stop). Seconds; `score` in nats, see `PlacedCue`."""

    first: int
    stop: int
    start: float
    end: float
    score: float


@dataclass(frozen=True)
class PlacedCue:
    """The place of a cue.

    Attributes:
        start, end: seconds, None if it was not found.
        score: the smallest min-mean log-prob of its parts in nats, without the penalty of short texts.
        status: "placed", "guessed" (the speech between its neighbours resembles it as a whole), "not_found", or
            "no_labels" if the vocabulary covers none of it.
        parts: its chunks that were found, in order.
    """

    start: float | None
    end: float | None
    score: float | None
    status: Literal["placed", "guessed", "not_found", "no_labels"]
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class IpfaAlignment:
    """Every cue of the input, in order; `stopped`: why the published method gave up, None if it did not."""

    cues: list[PlacedCue]
    stopped: str | None = None


@dataclass
class _Chunk:
    cue: int
    first: int
    stop: int
    text: str


class CueText:
    """The chunks of all cues as strings, and the labels of each string.

    Args:
        cues: labels of each word of each cue.
        symbols: text of each label.
        separator: label between words, None without one.
        settings: how texts are split.
    """

    def __init__(
        self, cues: Sequence[CueWords], symbols: Sequence[str], separator: int | None, settings: Settings
    ) -> None:
        self._labels: dict[str, tuple[int, ...]] = {}
        self._separator = separator
        self.rows: list[str] = []
        self.chunks: list[_Chunk] = []
        for number, words in enumerate(cues):
            names = [self._name(word, symbols, settings.upper_case) for word in words if len(word)]
            if not names:
                continue
            self.rows.append(" ".join(names))
            at = 0
            for text in chunks(self.rows[-1], settings.most_words, settings.balanced_chunks):
                stop = at + len(text.split(" "))
                self.chunks.append(_Chunk(number, at, stop, text))
                at = stop

    def encode(self, text: str) -> list[int]:
        """Labels of a row or chunk."""
        found: list[int] = []
        for name in text.split(" "):
            if found and self._separator is not None:
                found.append(self._separator)
            found += self._labels[name]
        return found

    def _name(self, word: Sequence[int], symbols: Sequence[str], upper: bool) -> str:
        """A name without spaces that is unique to these labels."""
        name = "".join(symbols[label] for label in word).replace(" ", "_")
        name = name.upper() if upper else name
        while self._labels.setdefault(name, tuple(word)) != tuple(word):
            name += "'"
        return name


def align_ipfa(
    emission: Emission,
    cues: Sequence[CueWords],
    speech: Sequence[Stretch],
    settings: Settings = DEFAULT,
    spike_delay: float = 0.0,
) -> IpfaAlignment:
    """Place cues by iterative pseudo-forced alignment.

    Args:
        emission: of the whole recording.
        cues: for each cue the labels of each of its words; a cue may have none.
        speech: stretches of speech in seconds, in order; they are split only at pauses of `settings.long_pause`.
        settings: a preset of `ctcalign.aligner.ipfa.settings`, or your own.
        spike_delay: seconds by which the labels of the model are late; subtracted from the times, except in the
            published method.
    Returns:
        Every cue, in order.
    Raises:
        UsageError: the recording has no frames.
    """
    if len(emission.log_probs) == 0:
        raise UsageError("emission: has no frames; the recording is empty")
    text = CueText(cues, emission.vocabulary.symbols, emission.vocabulary.separator, settings)
    if not text.rows:
        return IpfaAlignment([PlacedCue(None, None, None, "no_labels") for _ in cues])
    stretches = between_long_pauses(speech, settings.long_pause, emission.duration)
    find = _published if settings.faithful else _mended
    found, guessed, stopped = find(emission, text, stretches, settings)
    delay = 0.0 if settings.faithful else spike_delay
    parts: list[list[Part]] = [[] for _ in cues]
    for number, segment in sorted({**found, **guessed}.items()):
        chunk = text.chunks[number]
        start, end = (min(max(0.0, time - delay), emission.duration) for time in (segment.start, segment.end))
        parts[chunk.cue].append(Part(chunk.first, chunk.stop, start, end, restored(segment, settings)))
    sure = {text.chunks[number].cue for number in found}
    with_labels = {chunk.cue for chunk in text.chunks}
    placed = []
    for number, own in enumerate(parts):
        if own:
            status: Literal["placed", "guessed"] = "placed" if number in sure else "guessed"
            placed.append(PlacedCue(own[0].start, own[-1].end, min(part.score for part in own), status, own))
        else:
            placed.append(PlacedCue(None, None, None, "not_found" if number in with_labels else "no_labels"))
    return IpfaAlignment(placed, stopped)


_Found = tuple[dict[int, Segment], dict[int, Segment], str | None]


def _published(emission: Emission, text: CueText, speech: Sequence[Stretch], settings: Settings) -> _Found:
    shift = emission.frame_shift
    segmenter = CtcSegmenter(
        text.encode,
        shift,
        emission.vocabulary.blank,
        length=settings.length,
        last_window=settings.last_window,
        rounded=settings.rounded,
        rules=SegmentationRules(window=settings.table_window),
    )
    post = frames_between(emission.log_probs, shift, emission.offset)
    run = run_published(text.rows, speech, emission.duration, post, segmenter, settings)
    found: dict[int, Segment] = {}
    number = 0
    for segment in run.segments:  # a subsequence of the chunks
        while text.chunks[number].text != segment.text:
            number += 1
        found[number] = segment
        number += 1
    return found, {}, run.stopped


def _mended(emission: Emission, text: CueText, speech: Sequence[Stretch], settings: Settings) -> _Found:
    shift, offset = emission.frame_shift, emission.offset
    segmenter = CtcSegmenter(
        text.encode,
        shift,
        emission.vocabulary.blank,
        length=settings.length,
        last_window=settings.last_window,
        cores=True,
        rules=SegmentationRules(free_blank=True),
    )
    decoding, clock = emission.decoding, emission.clock
    texts = [chunk.text for chunk in text.chunks]
    first, last = speech[0][0], speech[-1][1]
    run = run_mended(
        texts,
        speech,
        frames_between(emission.log_probs, shift, offset),
        segmenter,
        settings,
        guessing=lambda scout, placed: guess(scout, placed, decoding, clock.frame, text.encode, first, last),
    )
    found = grown({**run.placed, **run.guessed}, texts, text.encode, decoding, clock, first, last)
    placed = {number: segment for number, segment in found.items() if number in run.placed}
    return placed, {number: segment for number, segment in found.items() if number in run.guessed}, None
