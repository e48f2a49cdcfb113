"""Alignment of recordings of one speaker by one model that is adapted to all of them: `align_together`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ctcalign.aligner.adaptation.run import Recording, adapted
from ctcalign.aligner.choices import Method
from ctcalign.aligner.division import Split
from ctcalign.aligner.options import AlignOptions
from ctcalign.aligner.run import Job, Source, captions_of, check_arguments, recogniser_of
from ctcalign.alignment.alignment import Alignment
from ctcalign.audio.inputs import AudioInput, name_of, recording_of, seekable
from ctcalign.emission.progress import Progress, logged
from ctcalign.errors import CtcAlignError
from ctcalign.models.precision import Precision
from ctcalign.models.protocol import AcousticModel


def align_together(
    pairs: Sequence[tuple[AudioInput, Source]],
    model: str | AcousticModel = "auto",
    method: Method = "global",
    language: str | None = None,
    device: str = "auto",
    *,
    options: AlignOptions | None = None,
    caption_format: str | None = None,
    recording: str | None = None,
    split: Split | None = None,
    allow_noncommercial: bool = False,
    precision: Precision = "auto",
    adapt: int = 1,
    save_adapted: str | Path | None = None,
    progress: Progress = logged,
) -> list[Alignment | Exception]:
    """Align recordings of one speaker with one copy of the model, adapted to the most certain cues of all recordings.

    The held-out cues of all recordings together decide: either every recording is aligned again by the copy, or none.
    If their margin falls, the copy must also be more certain of the recordings than the model was.

    Args:
        pairs: recordings with their captions, as for `align`. Only the audio of the chosen cues is kept in memory.
        model, method, language, device, options, caption_format, recording, split, allow_noncommercial, precision: see
            `align`.
        adapt: passes of the adaptation; 0: every recording is aligned by the model as it is.
        save_adapted: file or folder for the adapted model, if one was kept; None: it is discarded.
    Returns:
        For each pair its alignment, or its error; after an error the model is adapted to the other recordings.
    Raises:
        ModelError, UsageError: the message describes the error; nothing has been aligned.
        CtcAlignError: a recording could not be read again.

    >>> import ctcalign
    >>> pairs = [("egs/demo/talk.ogg", "egs/demo/talk.srt"), ("egs/demo/no-such.ogg", ["Hello"])]
    >>> one, other = ctcalign.align_together(pairs, "builtin:en", adapt=0)
    >>> type(one).__name__, type(other).__name__
    ('Alignment', 'AudioError')
    """
    options = options or AlignOptions()
    check_arguments(method, language, split)
    recogniser = recogniser_of(model, device, options, language, allow_noncommercial, precision, adapt, save_adapted)
    failed: dict[int, Exception] = {}
    jobs: dict[int, tuple[Job, Recording]] = {}
    with ExitStack() as stack:
        for number, (audio, captions) in enumerate(pairs):
            try:
                read = captions_of(captions, caption_format, recording or Path(name_of(audio)).stem)
                job = Job(read, recogniser, method, language, device, options, split, progress, adapt > 0)
                source = stack.enter_context(seekable(stack.enter_context(recording_of(audio))))
                first = job.run(recogniser, source)
            except (CtcAlignError, OSError, MemoryError) as error:
                failed[number] = error
            else:
                jobs[number] = job, Recording(source, partial(job.run, source=source), first)
        alignments = [recording.first.alignment for _, recording in jobs.values()]
        if adapt and jobs:
            recordings = [recording for _, recording in jobs.values()]
            alignments = adapted(recordings, recogniser, options, device, adapt, save_adapted, progress)
    done = {
        number: job.described(alignment, name_of(pairs[number][0]))
        for (number, (job, _)), alignment in zip(jobs.items(), alignments, strict=True)
    }
    return [done[number] if number in done else failed[number] for number in range(len(pairs))]
