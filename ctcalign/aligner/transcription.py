"""Transcription without captions: greedy or beam decoding, with word and token times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ctcalign.aligner.choices import DECODERS, Decoder
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.placing.boundaries import refine
from ctcalign.alignment.alignment import AlignedCue, AlignedToken, AlignedWord, Alignment
from ctcalign.audio.inputs import AudioInput, name_of, recording_of, seekable
from ctcalign.ctc import best_path
from ctcalign.ctc.prefixes.beam import prefix_beam_search
from ctcalign.emission.channels import open_emission
from ctcalign.emission.emission import Emission
from ctcalign.emission.options import with_track
from ctcalign.emission.progress import Progress, logged
from ctcalign.errors import UsageError
from ctcalign.models import load_model
from ctcalign.models.guide import Guide
from ctcalign.models.language_model.fusion import Fusion, beam_width
from ctcalign.models.precision import Precision
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.vocabulary import WORD_START, Vocabulary

PAUSE = 0.6  # seconds between two symbols that end a segment
LONGEST_SEGMENT = 20.0  # seconds; a longer segment is split at its widest pause
# Labels of the frames of a segment; the second pair is the segment with a part of the pauses around it.
Search = Callable[[tuple[int, int], tuple[int, int]], Sequence[int]]


@dataclass(frozen=True)
class RecognisedSymbol:
    """A symbol of the decoded path: frames [first, stop), mean log-probability per frame in nats."""

    label: int
    first: int
    stop: int
    score: float


def transcribe(
    audio: AudioInput,
    model: str | AcousticModel = "auto",
    device: str = "auto",
    *,
    sample_rate: int | None = None,
    track: str | int | None = None,
    decoder: Decoder = "greedy",
    beam: int | None = None,
    guide: Guide | None = None,
    fusion: Fusion | None = None,
    options: AlignOptions | None = None,
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    progress: Progress = logged,
) -> Alignment:
    """Decode a recording into segments between pauses.

    Args:
        audio, model, device, sample_rate, track, options, allow_noncommercial, precision, progress: as for
            `ctcalign.align`; of the options only `tokens` and those of the emission are used.
        decoder: "greedy": the best label of each frame; "beam": the best text of a prefix beam search.
        beam: prefixes kept by the beam search, >= 1; None: 64 if a language model scores words in it, else 16.
        guide: steers the beam search (`ctcalign.models.guide.load_guide`); its models process the recording in windows
            as the recogniser does, and their scores are exact within a segment.
        fusion: a language model in the beam search; with a guide it rescores the texts of the beam. Each segment is a
            text of its own.
    Returns:
        An `Alignment` whose cues are the segments.
    Raises:
        UsageError: unknown decoder, a guide or language model with the greedy one, or a guide with other symbols.
        AudioError, ModelError: as for `align`.

    >>> import ctcalign
    >>> found = ctcalign.transcribe("egs/demo/talk.ogg", "builtin:en")
    >>> len(found.cues) > 5, sum(len(cue.words) for cue in found.cues) > 50
    (True, True)
    """
    options = with_track(options or AlignOptions(), track)
    if decoder not in DECODERS:
        raise UsageError(f"decoder: got {decoder!r}, expected greedy or beam")
    if guide is not None and decoder != "beam":
        raise UsageError(f"guide: needs the beam search, but decoder is {decoder!r}; use decoder='beam'")
    if fusion is not None and decoder != "beam":
        raise UsageError(f"fusion: needs the beam search, but decoder is {decoder!r}; use decoder='beam'")
    beam = beam_width(beam, fusion, guide is not None)
    recogniser = model
    if isinstance(recogniser, str):
        recogniser = load_model(recogniser, device, allow_noncommercial, precision, options.max_memory)
    if guide is not None:
        guide.check(recogniser)
    with (
        recording_of(audio, sample_rate) as recording,
        nullcontext(recording) if guide is None else seekable(recording) as source,
        open_emission(source, recogniser, options, device, progress) as opened,
        ExitStack() as stack,
    ):
        search: Search | None = None
        warnings = list(opened.warnings)
        if guide is not None:
            others = []
            for one in guide.models:
                theirs = stack.enter_context(open_emission(source, one, options, guide.device, progress))
                others.append((one, theirs.emission))
                warnings += [text for text in theirs.warnings if text not in warnings]
            search = partial(_guided, opened.emission, recogniser, guide, others, beam, fusion)
        elif decoder == "beam":
            search = partial(_unguided, opened.emission, beam, fusion)
        progress("decoding", 0, None)
        cues = list(_cues(opened.emission, recogniser, search, options.tokens))
        opened.assign_channels(cues)
        result = Alignment(
            name_of(audio),
            opened.emission.duration,
            recogniser.name,
            cues,
            language=recogniser.language,
            frame_shift=opened.emission.frame_shift,
            warnings=warnings,
        )
    return result


def _unguided(
    emission: Emission, beam: int, fusion: Fusion | None, segment: tuple[int, int], around: tuple[int, int]
) -> Sequence[int]:
    """The labels of a segment by prefix beam search, with a language model or without."""
    if fusion is not None:
        return fusion.search(rows_of(emission, segment), emission.vocabulary, beam)[0].tokens
    return prefix_beam_search(rows_of(emission, segment), beam, emission.vocabulary.blank)


def _guided(
    emission: Emission,
    model: AcousticModel,
    guide: Guide,
    others: Sequence[tuple[AcousticModel, Emission]],
    beam: int,
    fusion: Fusion | None,
    segment: tuple[int, int],
    around: tuple[int, int],
) -> Sequence[int]:
    """The same by guided search. `others`: the models of the guide, and their emissions of the recording.

    Models differ in when they emit a symbol: they read the pauses around the segment, too, and spikes of a usual delay
    are found.
    """

    def log_probs_of(other: AcousticModel) -> npt.NDArray[np.floating]:
        theirs = next(emission for one, emission in others if one is other)
        later = other.spike_delay - model.spike_delay
        start, end = emission.clock.span(*around)
        return rows_of(theirs, theirs.clock.frames((start + later, end + later)))

    found = guide.search(rows_of(emission, segment), log_probs_of, emission.vocabulary, beam)
    return (found if fusion is None else fusion.rescored(found, emission.vocabulary))[0].tokens


def rows_of(emission: Emission, frames: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Log-probabilities of frames [first, stop)."""
    return np.asarray(emission.log_probs[slice(*frames)], np.float32)


def with_pauses(parts: Sequence[tuple[int, int]], frames: int, most: int) -> Iterator[tuple[int, int]]:
    """Each segment with half of the pauses around it, at most `most` frames on either side."""
    for place, (first, stop) in enumerate(parts):
        before = first - parts[place - 1][1] if place else 2 * first
        after = parts[place + 1][0] - stop if place + 1 < len(parts) else 2 * (frames - stop)
        yield first - min(before // 2, most), stop + min(after - after // 2, most)


def _cues(emission: Emission, model: AcousticModel, search: Search | None, tokens: bool) -> Iterator[AlignedCue]:
    vocabulary = emission.vocabulary
    previous: AlignedCue | None = None
    parts = list(segments(emission))
    around = with_pauses(parts, len(emission.log_probs), emission.clock.count(PAUSE / 2))
    for number, ((first, stop), more) in enumerate(zip(parts, around, strict=True)):
        rows = rows_of(emission, (first, stop))
        if search is None:
            symbols = _greedy_symbols(rows, emission.decoding.path[first:stop], vocabulary.blank)
        else:
            symbols = _timed(rows, list(search((first, stop), more)), vocabulary.blank)
        words = [word for word in _words(symbols, vocabulary) if _spelled(word, vocabulary)]
        if not words:
            continue

        def seconds(frame: int, first: int = first) -> float:
            return max(0.0, emission.clock.seconds(first + frame) - model.spike_delay)

        spikes = [(seconds(word[0].first), seconds(word[-1].stop)) for word in words]
        times = refine(spikes, emission.energy, emission.energy_shift, emission.duration, model.spike_delay)
        done = []
        for word, (start, end) in zip(words, times, strict=True):
            marks = [
                AlignedToken(vocabulary.symbols[s.label], seconds(s.first), seconds(s.stop), s.score) for s in word
            ]
            score = sum(s.score * (s.stop - s.first) for s in word) / sum(s.stop - s.first for s in word)
            done.append(AlignedWord(_spelled(word, vocabulary), start, end, score, tokens=marks if tokens else []))
        text = " ".join(word.text for word in done)
        mean = sum(word.score or 0.0 for word in done) / len(done)
        cue = AlignedCue(number, text, times[0][0], times[-1][1], score=mean, words=done)
        if previous is not None:
            _part(previous, cue)
            yield previous
        previous = cue
    if previous is not None:
        yield previous


def _part(before: AlignedCue, after: AlignedCue) -> None:
    """Where speech was divided without a pause, the words on either side may overlap: cut both at the middle."""
    last, first = before.words[-1].span, after.words[0].span
    if last is None or first is None or last.end <= first.start:
        return
    middle = min(max((last.end + first.start) / 2, last.start), first.end)
    before.end = before.words[-1].end = middle
    after.start = after.words[0].start = middle


def segments(emission: Emission) -> Iterator[tuple[int, int]]:
    """Stretches of frames between pauses of the greedy path, as (first, stop), each with a little blank around it.

    They do not overlap: if a long stretch is divided, each symbol is in one part.
    """
    pause, longest = max(1, emission.clock.count(PAUSE)), emission.clock.count(LONGEST_SEGMENT)
    symbols, path, frames = emission.decoding.symbol_frames, emission.decoding.path, len(emission.log_probs)
    groups = [group for group in np.split(symbols, np.flatnonzero(np.diff(symbols) >= pause) + 1) if len(group)]
    done = 0
    while groups:
        group = groups.pop(0)
        if group[-1] - group[0] > longest and len(group) > 1:
            middle = (group[:-1] + group[1:]) / 2 - (group[0] + group[-1]) / 2
            inside = (np.diff(group) == 1) & (np.diff(path[group]) == 0)  # of one symbol
            fitness = np.where(inside, -np.inf, np.diff(group) - 0.02 * np.abs(middle))  # wide, and near the middle
            widest = int(fitness.argmax()) + 1
            if not inside.all():
                groups[:0] = [group[:widest], group[widest:]]
                continue
        following = int(groups[0][0]) if groups else frames
        stop = min(following, int(group[-1]) + 3)
        yield max(done, int(group[0]) - 2), stop
        done = stop


def _greedy_symbols(rows: npt.NDArray[np.float32], path: npt.NDArray[np.int32], blank: int) -> list[RecognisedSymbol]:
    """The symbols of a greedy path through `rows`."""
    edges = np.flatnonzero(np.diff(path, prepend=-1, append=-1))
    return [
        RecognisedSymbol(int(path[a]), a, b, float(rows[a:b, path[a]].mean()))
        for a, b in pairwise(edges.tolist())
        if path[a] != blank
    ]


def _timed(rows: npt.NDArray[np.float32], labels: list[int], blank: int) -> list[RecognisedSymbol]:
    """The best path of decoded labels through `rows`."""
    if not labels:
        return []
    best = best_path(rows, labels, blank)
    return [
        RecognisedSymbol(label, first, stop, float(rows[first:stop, label].mean()))
        for label, (first, stop) in zip(labels, best.spans, strict=True)
    ]


def _words(symbols: list[RecognisedSymbol], vocabulary: Vocabulary) -> Iterator[list[RecognisedSymbol]]:
    word: list[RecognisedSymbol] = []
    for symbol in symbols:
        spelling = vocabulary.spellings[symbol.label]
        starts = vocabulary.word_pieces and spelling.startswith(WORD_START)
        if spelling == " " or starts:
            yield word
            word = []
        if spelling.strip():
            word.append(symbol)
    yield word


def _spelled(word: list[RecognisedSymbol], vocabulary: Vocabulary) -> str:
    return vocabulary.text(symbol.label for symbol in word)
