"""Everything about a recording that needs no model: its captions, digests, and decoded audio."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from ctcalign.audio.inputs import AudioInput
from ctcalign.audio.reader import AudioReader
from ctcalign.corpus.settings import CorpusSettings
from ctcalign.corpus.work.outcome import Job
from ctcalign.corpus.work.sources import opened_audio, opened_captions
from ctcalign.files.digests import digest_of
from ctcalign.formats.captions import Captions, read_captions
from ctcalign.models.protocol import AcousticModel

READING, OPENING = "reading", "opening the recording"
# Seconds of audio that are decoded ahead of the model: 20 MB at 16 kHz.
AHEAD = 300.0


@dataclass
class Prepared:
    """A recording that is ready for the model, or the error that keeps it from it.

    Attributes:
        job: of the recording.
        captions, audio: of the recording; where it is elsewhere, the audio is a copy.
        key: digest of recording, captions and settings.
        reader: decodes ahead; None: `audio` is decoded when it is needed.
        stage: the last one that was begun.
        error: what went wrong then.
        seconds: wall seconds that reading has taken.
    """

    job: Job
    captions: Captions | None = None
    audio: AudioInput = ""
    key: str | None = None
    reader: AudioReader | None = None
    stage: str = READING
    error: Exception | None = None
    seconds: float = 0.0
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def same(self) -> bool:
        """Whether the outputs that are there already were made from the same."""
        return self.key is not None and self.key == self.job.known

    def __enter__(self) -> Prepared:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End decoding, and delete copies."""
        if self.reader is not None:
            self.reader.close()
        self._stack.close()


def prepare(job: Job, settings: CorpusSettings, digest: str) -> Prepared:
    """Read the captions and the digest of the recording; whatever goes wrong is in the result.

    Args:
        digest: of the settings.
    """
    found, began = Prepared(job), time.monotonic()
    item, stack = job.item, found._stack
    try:
        with settings.reading():
            text, text_digest = stack.enter_context(opened_captions(item))
            found.captions = _read(text, settings, item.id)
            found.stage = OPENING
            found.audio, audio_digest = stack.enter_context(opened_audio(item))
            found.key = digest_of([audio_digest, text_digest, digest])
    except Exception as error:  # one recording must not end the others
        found.error = error
    found.seconds = time.monotonic() - began
    return found


def open_ahead(found: Prepared, model: AcousticModel, settings: CorpusSettings) -> Callable[[], None] | None:
    """Open a recording and return the function that decodes it, for another thread.

    None if it is read in another way, or cannot be opened: then the aligner says why.
    """
    options = settings.options
    if found.error is not None or found.same or settings.adapt or options.channel == "all":
        return None
    try:
        reader = AudioReader(found.audio, model.sample_rate, options.channel, options.track, options.max_duration)
    except Exception:  # the same error comes when the aligner opens it
        return None
    found.reader = reader
    return reader.decode_ahead(AHEAD)


def _read(text: Captions | Path, settings: CorpusSettings, id: str) -> Captions:
    if isinstance(text, Captions):
        return text
    return read_captions(text, settings.caption_format, likely=id.rsplit("/", 1)[-1])
