"""Pictures of the alignments in an output folder of `ctcalign align-corpus`, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctcalign.errors import CtcAlignError, OutputError, UsageError
from ctcalign.formats.datasets.corpus_folder import ALIGNMENTS, opened_alignments, recording_of
from ctcalign.report.pictures.alignment import draw_alignment

EXTENSION = ".png"


def draw_corpus(folder: Path, output: Path, **options: Any) -> Iterator[tuple[str, Path, list[str], str | None]]:
    """Write OUTPUT/ID.png for each recording.

    Args:
        folder: the output folder of `align-corpus`.
        output: folder of the pictures.
        options: of `draw_alignment`.
    Yields:
        Of each recording its id, its picture, warnings, and the error if it could not be drawn.
    Raises:
        UsageError: `output` is a file.   CaptionError: an alignment is damaged, or there is none.
    """
    if output.exists() and not output.is_dir():
        raise UsageError(f"output: {output} is a file, expected a folder for the pictures of several recordings")
    for id, path, alignment in opened_alignments(folder):
        target = output / path.relative_to(folder / ALIGNMENTS).with_suffix(EXTENSION)
        recording = recording_of(alignment, path)
        if recording is None:
            yield id, target, [], f"its recording {alignment.audio} was not found"
            continue
        warnings, failure = list[str](), None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            warnings = draw_alignment(recording, alignment, target, **options)
        except OSError as error:
            raise OutputError(f"{target.parent}: cannot be created: {error.strerror or error}") from error
        except CtcAlignError as error:
            failure = str(error)
        yield id, target, warnings, failure
