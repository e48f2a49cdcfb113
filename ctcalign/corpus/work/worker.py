"""`Worker`: a loaded model, and what is done with each recording. Engines differ in where it runs."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from pathlib import Path

from ctcalign.aligner.confidence.apply import requested_calibration
from ctcalign.aligner.run import align
from ctcalign.alignment.alignment import Alignment
from ctcalign.audio import probe
from ctcalign.audio.info import AudioInfo
from ctcalign.corpus.item import Item
from ctcalign.corpus.layout import ALIGNMENTS, CUTS
from ctcalign.corpus.settings import CorpusSettings, extension_of
from ctcalign.corpus.work.batches import Batches
from ctcalign.corpus.work.cuts import cuts_of
from ctcalign.corpus.work.outcome import Job, Opened, Outcome
from ctcalign.corpus.work.reading import OPENING, READING, Prepared, open_ahead, prepare
from ctcalign.corpus.work.summary import summary_of
from ctcalign.corpus.writing import write_outputs
from ctcalign.emission.emission import STAGE as RUNNING
from ctcalign.emission.runner import is_out_of_memory, resident_bytes
from ctcalign.errors import (
    AudioError,
    CalibrationError,
    CaptionError,
    CtcAlignError,
    MissingPackageError,
    OutputError,
    UsageError,
)
from ctcalign.formats.registry import format_of
from ctcalign.formats.writing import render
from ctcalign.models import load_model
from ctcalign.models.protocol import AcousticModel

UNREADABLE_RECORDING, UNREADABLE_CAPTIONS = "recording cannot be read", "captions cannot be read"
NOT_ALIGNED, NO_MEMORY, UNEXPECTED = "captions were not found in the recording", "out of memory", "unexpected error"
OTHER = "not possible"
# Seconds that a recording may take before the engine is told how long it is.
QUIET = 2.0
# The run cannot go on: they concern no single recording. While the model is loaded, every error is of this kind.
_FATAL = (MissingPackageError, CalibrationError, OutputError)
LOADING = "loading the model"


class Worker:
    """Aligns one recording after the other with one model.

    Args:
        settings: what decides the results.
        device: of the model.
        root: folder that receives the outputs; None: they are returned.
        digest: of the settings.
        batch_seconds: see `Batches`.
    Attributes:
        batches: of short recordings; None until the model is loaded.
    """

    def __init__(
        self,
        settings: CorpusSettings,
        device: str,
        root: Path | None,
        digest: str,
        batch_seconds: float | None = 0.0,
    ) -> None:
        self._settings, self._device, self._root, self._digest = settings, device, root, digest
        self._batch_seconds = batch_seconds
        self._model: AcousticModel | None = None
        self.batches: Batches | None = None

    def work(self, job: Job, tell: Callable[[Opened], None] = lambda opened: None) -> Outcome:
        """Align a recording; whatever goes wrong is in the outcome.

        Args:
            tell: called when the duration of a long recording is known.
        """
        return self.finish(self.prepare(job), tell)

    def prepare(self, job: Job) -> Prepared:
        """Read what needs no model; whatever goes wrong is in the result."""
        return prepare(job, self._settings, self._digest)

    def open_ahead(self, recording: Prepared) -> Callable[[], None] | None:
        """A function that decodes a prepared recording, for another thread; None if the model is not yet loaded."""
        return None if self._model is None else open_ahead(recording, self._model, self._settings)

    def finish(
        self,
        recording: Prepared,
        tell: Callable[[Opened], None] = lambda opened: None,
        model: AcousticModel | None = None,
    ) -> Outcome:
        """Align a recording that is prepared; see `work`.

        Args:
            model: one that has computed the emission; None: that of the worker.
        """
        outcome = Outcome(recording.job.number, "done", key=recording.key)
        clock = _Clock(recording, tell)
        try:
            with recording, self._settings.reading():
                self._align(recording, outcome, clock, model)
        except Exception as error:  # one recording must not end the others
            _describe(outcome, error, clock.stage)
        outcome.seconds = clock.ended()
        outcome.memory = resident_bytes() or 0
        return outcome

    def _align(self, recording: Prepared, outcome: Outcome, clock: _Clock, model: AcousticModel | None) -> None:
        settings, item = self._settings, recording.job.item
        model = model or self._loaded(clock)
        if recording.error is not None:
            clock.stage = recording.stage
            raise recording.error
        if recording.same:
            outcome.status = "same"
            return
        clock.stage = OPENING
        alignment = align(
            recording.reader or recording.audio,
            recording.captions or [],
            model,
            settings.method,
            settings.language,
            self._device,
            options=settings.options,
            split=settings.split,
            adapt=settings.adapt,
            progress=clock,
        )
        info = None if isinstance(recording.audio, str) else probe(recording.audio)
        clock("writing", 0, None)
        outcome.files = _rendered(alignment, settings, item, info)
        outcome.sizes = {f"{folder}{extension}": len(data) for (folder, extension), data in outcome.files.items()}
        outcome.summary = summary_of(alignment)
        if self._root is not None:
            write_outputs(self._root, item.id, outcome.files)
            outcome.files = {}

    def _loaded(self, clock: _Clock) -> AcousticModel:
        """The model, loaded on first use."""
        if self._model is None:
            settings = self._settings
            clock(LOADING, 0, None)
            model = load_model(
                settings.model,
                self._device,
                settings.allow_noncommercial,
                settings.precision,
                settings.options.max_memory,
                settings.language,
            )
            requested_calibration(settings.options.calibration, settings.options.score, model.name)
            self.batches = Batches(model, self._device, settings, self._batch_seconds)
            self._model = model
            clock(READING, 0, None)
        return self._model


class _Clock:
    """Wall seconds of each stage, as a `Progress`."""

    def __init__(self, recording: Prepared, tell: Callable[[Opened], None]) -> None:
        self._number, self._tell = recording.job.number, tell
        self._began = self._since = time.monotonic()
        self._seconds: dict[str, float] = {READING: recording.seconds}
        self._told = False
        self.stage = READING
        self._timed = self.stage

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        now = time.monotonic()
        if stage != self._timed:
            self._seconds[self._timed] = self._seconds.get(self._timed, 0.0) + now - self._since
            self._timed, self._since = stage, now
        self.stage = stage
        if total and not self._told and stage == RUNNING and now - self._began > QUIET:
            self._told = True
            self._tell(Opened(self._number, total))

    def ended(self) -> dict[str, float]:
        self("", 0, None)
        return {stage: round(seconds, 4) for stage, seconds in self._seconds.items()}


def _rendered(
    alignment: Alignment, settings: CorpusSettings, item: Item, info: AudioInfo | None
) -> dict[tuple[str, str], bytes]:
    """The content of each output by the name of its folder and its extension."""
    found = {(ALIGNMENTS, ".json"): _bytes(alignment, "json", settings)}
    for name in settings.formats:
        if not format_of("", name).folder:
            found[ALIGNMENTS, extension_of(name)] = _bytes(alignment, name, settings)
    found[CUTS, ".jsonl.gz"] = cuts_of(alignment, item, info)
    return found


def _bytes(alignment: Alignment, format: str, settings: CorpusSettings) -> bytes:
    content = render(alignment, format, settings.unspoken, settings.limits).content
    if isinstance(content, dict):
        raise TypeError(f"format {format} is a folder")
    return content.encode() if isinstance(content, str) else content


def _describe(outcome: Outcome, error: Exception, stage: str) -> None:
    """Say what an exception means for the recording and for the run."""
    outcome.status, outcome.detail = "failed", str(error) or type(error).__name__
    outcome.traceback = "".join(traceback.format_exception(error))
    if isinstance(error, _FATAL) or (stage == LOADING and isinstance(error, CtcAlignError)):
        outcome.status, outcome.usage = "fatal", isinstance(error, UsageError)
    elif isinstance(error, AudioError):
        outcome.reason = UNREADABLE_RECORDING
    elif isinstance(error, CaptionError):
        outcome.reason = UNREADABLE_CAPTIONS if stage == READING else NOT_ALIGNED
    elif isinstance(error, CtcAlignError):
        outcome.reason = OTHER
    elif is_out_of_memory(error) or type(error).__name__ == "OutOfMemoryError":
        outcome.reason, outcome.again = NO_MEMORY, True
    elif isinstance(error, OSError):
        outcome.reason = UNREADABLE_CAPTIONS if stage == READING else UNREADABLE_RECORDING
        outcome.again = True
    else:
        outcome.reason, outcome.again = UNEXPECTED, True
