"""Delay of a model's symbols (`spike_delay`) and bias of the boundaries of cues, measured on transcribed recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import place_emission
from ctcalign.aligner.transcript import transcript_of
from ctcalign.calibration.corruptions import corrupt
from ctcalign.calibration.truth import Utterance
from ctcalign.emission.emission import Emission
from ctcalign.errors import UsageError
from ctcalign.models.protocol import AcousticModel
from ctcalign.text.tokeniser import Tokeniser

FAR = 1.0  # seconds; a larger error is a misplaced cue, not an offset


@dataclass
class Offsets:
    """Errors in seconds; positive values are late.

    Attributes:
        spikes: first symbol minus true start, of words; of cues where the times of words are unknown.
        starts, ends: of aligned cues.
        from_words: whether `spikes` are those of words.
    """

    spikes: list[float]
    starts: list[float]
    ends: list[float]
    from_words: bool = False

    def add(self, other: Offsets) -> None:
        """Add another recording. Spikes of words replace those of cues."""
        if other.from_words == self.from_words:
            self.spikes += other.spikes
        elif other.from_words:
            self.spikes, self.from_words = other.spikes, True
        self.starts += other.starts
        self.ends += other.ends

    def medians(self) -> dict[str, float | int]:
        """Medians: spike_delay with its P10 and P90, start_bias and end_bias in seconds, and their counts.

        Raises:
            UsageError: there are no errors to take medians of.
        """
        if not self.spikes or not self.starts:
            raise UsageError(
                "boundaries: no word or cue was aligned near its true time; check texts and times of the set"
            )
        low, middle, high = np.percentile(self.spikes, (10, 50, 90))
        return {
            "spike_delay": round(float(middle), 4),
            "spike_delay_p10": round(float(low), 4),
            "spike_delay_p90": round(float(high), 4),
            "start_bias": round(float(np.median(self.starts)), 4),
            "end_bias": round(float(np.median(self.ends)), 4),
            "spikes": len(self.spikes),
            "cues": len(self.starts),
        }


def offsets(emission: Emission, utterances: Sequence[Utterance], model: AcousticModel, language: str) -> Offsets:
    """Offsets of one recording, aligned with its verbatim text."""
    captions = corrupt(utterances, "exact")
    text = transcript_of([caption.cue for caption in captions], Tokeniser(model.vocabulary, language), language)
    alignment, placed = place_emission(emission, text, model, AlignOptions(unwritten=False))
    found = Offsets([], [], [])
    words: list[float] = []
    begun: set[int] = set()
    for (cue, place), word in zip(text.homes, placed.words, strict=True):
        first = cue not in begun
        begun.add(cue)
        if word is None or not word.tokens:
            continue
        spike = word.tokens[0].start + model.spike_delay
        caption = captions[cue]
        true = caption.words[place].place if len(caption.words) == len(text.words[cue]) else None
        if true is not None:
            words.append(spike - true[0])
        if first and caption.start is not None:
            found.spikes.append(spike - caption.start)
    for caption, aligned in zip(captions, alignment.cues, strict=True):
        span = aligned.span if aligned.status == "aligned" else None
        if span is not None and caption.start is not None and caption.end is not None:
            found.starts.append(span.start - caption.start)
            found.ends.append(span.end - caption.end)
    found.from_words = bool(words)
    found.spikes = [error for error in words or found.spikes if abs(error) < FAR]
    near = [(a, b) for a, b in zip(found.starts, found.ends, strict=True) if max(abs(a), abs(b)) < FAR]
    found.starts, found.ends = [a for a, _ in near], [b for _, b in near]
    return found
