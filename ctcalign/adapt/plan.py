"""The plan of an adaptation: its steps, hours of audio and an estimate of the time. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ctcalign.adapt.captions.corpus import UNREADABLE_CAPTIONS, UNREADABLE_RECORDING, read_cues
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.training.configuration import BATCH, updates_of, user_content
from ctcalign.aligner.corpus import Problem, corpus_pairs
from ctcalign.audio import probe
from ctcalign.errors import AudioError, CaptionError, CtcAlignError
from ctcalign.models import load_model
from ctcalign.models.devices import device_of
from ctcalign.models.inference import emissions_of
from ctcalign.models.registry import named
from ctcalign.models.training.protocol import TrainableModel
from ctcalign.models.training.registry import open_trainable

SECONDS = 10.0  # seconds of audio with which speeds are measured
# A recording is searched twice, which takes about as long as the model of a small recogniser.
_SEARCHES = 1.0


@dataclass(frozen=True)
class Plan:
    """What an adaptation would do.

    Attributes:
        recordings, captions: numbers of those that can be used.  hours: hours of audio, according to the file headers.
        problems: what cannot be used, as far as this can be found without decoding.
        passes: largest number of passes.  updates: updates of each, if all phrases are kept.
        align_seconds, train_seconds: estimated time of a pass on this machine.
    """

    recordings: int
    captions: int
    hours: float
    problems: list[Problem]
    passes: int
    updates: int
    align_seconds: float
    train_seconds: float

    @property
    def seconds(self) -> float:
        """Estimated time of all passes."""
        return self.passes * (self.align_seconds + self.train_seconds)

    def lines(self) -> list[str]:
        """The plan in words."""
        found = [
            f"{self.recordings} recordings, {self.hours:.2f} h, {self.captions} captions",
            *(f"cannot be used: {one.id}: {one.reason} ({one.detail})" for one in self.problems),
            f"up to {self.passes} passes of {self.updates} updates of {BATCH:g} s of speech",
            f"estimated: {_readable(self.align_seconds)} to align and {_readable(self.train_seconds)} to train in each "
            f"pass, {_readable(self.seconds)} in all",
        ]
        return found


def plan(
    recordings: str | Path,
    captions: str | Path | None = None,
    model: str = "auto",
    *,
    options: AdaptOptions | None = None,
    language: str | None = None,
    device: str = "auto",
    allow_noncommercial: bool = False,
) -> Plan:
    """The plan for the same arguments as those of `adapt`.

    Raises:
        UsageError, ModelError: as for `adapt`.  CtcAlignError: no recording can be used.
    """
    options, model = options or AdaptOptions(), named(model, language)
    user_content(options)
    pairs = corpus_pairs(Path(recordings), None if captions is None else Path(captions))
    trainable = open_trainable(model, allow_noncommercial=allow_noncommercial)
    spoken = language or trainable.language or "en"
    problems = list(pairs.problems)
    seconds, cues, count = 0.0, 0, 0
    for pair in pairs.pairs:
        try:
            own = len(read_cues(pair.captions, pair.id, spoken))
            length = probe(pair.audio, track=options.track).duration or 0.0
        except AudioError as error:
            problems.append(Problem(pair.id, UNREADABLE_RECORDING, str(error)))
        except CaptionError as error:
            problems.append(Problem(pair.id, UNREADABLE_CAPTIONS, str(error)))
        else:
            seconds, cues, count = seconds + length, cues + own, count + 1
    if not count:
        examples = ", ".join(f"{one.id}: {one.reason}" for one in problems[:3])
        raise CtcAlignError(f"recordings: none of {len(pairs.pairs)} can be used: {examples}")
    samples = np.random.default_rng(0).normal(0, 0.01, round(SECONDS * 16_000)).astype(np.float32)
    loaded = load_model(model, device, allow_noncommercial)
    place = device_of(loaded, device)
    forward = _timed(lambda: emissions_of(loaded, samples[None], place)) / SECONDS
    updates = updates_of(seconds, options)
    return Plan(
        count,
        cues,
        seconds / 3600,
        problems,
        options.passes,
        updates,
        (1.0 + _SEARCHES) * forward * seconds,
        updates * BATCH * _timed(lambda: _step(trainable, samples)) / SECONDS,
    )


def _step(model: TrainableModel, samples: Any) -> None:
    """One forward and backward pass."""
    inputs = model.inputs(samples)[None]
    log_probs, _ = model.network(inputs, torch.tensor([inputs.shape[1]]))
    log_probs.sum().backward()


def _timed(work: Callable[[], object]) -> float:
    """Duration in seconds of the second of two calls; the first also loads and compiles."""
    work()
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _readable(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
