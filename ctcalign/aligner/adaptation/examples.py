"""The audio of utterances as inputs of a network, read from the recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
from torch import Tensor

from ctcalign.aligner.adaptation.utterances import Utterance
from ctcalign.audio import open_audio
from ctcalign.audio.inputs import AudioInput
from ctcalign.emission.options import EmissionOptions
from ctcalign.models.training.inputs import InputMaker
from ctcalign.spans import Span

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """An utterance for a network.

    Attributes:
        input: (N,) samples or (T, F) features.  labels, target: see `Utterance`.  seconds: of the sound.
    """

    input: Tensor
    labels: tuple[int, ...]
    target: tuple[int, ...]
    seconds: float


def read_examples(
    audio: AudioInput, utterances: Sequence[Utterance], make: InputMaker, options: EmissionOptions
) -> list[Example]:
    """The examples of utterances, in their order. Memory holds the inputs and one stretch of the recording.

    Args:
        make: the input of a network.
        options: channel and track; with all channels each utterance is read from its own.
    """

    def channel(number: int) -> str | int:
        return options.channel if options.channel != "all" else utterances[number].channel or 0

    found: dict[int, Example] = {}
    order = sorted(range(len(utterances)), key=lambda one: (str(channel(one)), utterances[one].span.start))
    for which, group in groupby(order, channel):
        numbers = list(group)
        reader = open_audio(audio, make.sample_rate, which, track=options.track, max_duration=options.max_duration)
        with reader:
            blocks = (block[0] for block in reader.blocks())
            parts = _cut(blocks, [utterances[one].span for one in numbers], make.sample_rate)
            for number, samples in zip(numbers, parts, strict=True):
                own = utterances[number]
                found[number] = Example(make(samples), own.labels, own.target, own.span.duration)
    return [found[number] for number in range(len(utterances))]


def _cut(blocks: Iterator[Samples], spans: Sequence[Span], rate: int) -> Iterator[Samples]:
    """The samples of spans in the order of their starts, from blocks (n,) of a recording."""
    held, first = np.zeros(0, np.float32), 0
    for span in spans:
        low, high = round(span.start * rate), round(span.end * rate)
        while True:
            dropped = min(max(0, low - first), len(held))
            held, first = held[dropped:], first + dropped
            block = next(blocks, None) if first + len(held) < high else None
            if block is None:
                break
            held = np.concatenate([held, block])
        yield np.ascontiguousarray(held[: max(0, high - first)])
