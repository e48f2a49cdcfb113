"""`convert`: one alignment or caption file to files of other formats."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ctcalign.alignment.alignment import Alignment
from ctcalign.errors import OutputError, UsageError
from ctcalign.files import together
from ctcalign.formats.reading import read_with_warnings
from ctcalign.formats.shared.format import WriteReport
from ctcalign.formats.shared.unspoken import Unspoken
from ctcalign.formats.shared.whereabouts import find_recording
from ctcalign.formats.subtitles.limits import SubtitleLimits, check_outputs
from ctcalign.formats.writing import deliver, plan_outputs, render

_WITH_AUDIO = ("lhotse", "kaldi")  # formats that name the file of the recording


def _after_the_end(alignment: Alignment) -> list[str]:
    """A warning if all cues begin after the end of their recording."""
    starts = [cue.start for cue in alignment.cues if cue.start is not None]
    if not starts or min(starts) < alignment.duration:
        return []
    return [
        f"all captions begin after the end of {alignment.audio} ({alignment.duration:.2f} s), the first one at "
        f"{min(starts):.2f} s, as times of day or of a longer recording do; `ctcalign align` finds their times in it"
    ]


def convert(
    source: str | Path,
    outputs: str | Path | Sequence[str | Path],
    from_format: str | None = None,
    to_format: str | None = None,
    *,
    recording: str | None = None,
    audio: str | Path | None = None,
    unspoken: Unspoken = "keep",
    limits: SubtitleLimits | None = None,
    overwrite: bool = False,
) -> list[WriteReport]:
    """Read an alignment or captions and write them in other formats, by extension, else as `to_format`.

    Args:
        source: a path or "-" for stdin.
        outputs: a path or several, or "-" for stdout.
        recording: id of the recording to read from captions of several; None: the name of `audio`.
        audio: the recording; its name and duration replace those of `source`.
        unspoken, limits: see `ctcalign.formats.render`.
        overwrite: replace outputs that exist.
    Returns:
        One report for each output; the first also has the warnings about the input.
    Raises:
        CaptionError: `source` cannot be read.      AudioError: `audio` cannot.
        OutputError: an output cannot be written, or its format cannot hold any cue of this input.
        UsageError: see `plan_outputs`.

    >>> import ctcalign, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [report] = ctcalign.convert("egs/demo/talk.srt", f"{folder}/talk.ttml")
    >>> report.format, report.cues_written
    ('ttml', 21)
    """
    outputs = [outputs] if isinstance(outputs, str | Path) else outputs
    if not outputs:
        raise UsageError("no output given; name at least one file, or - for stdout")
    planned = plan_outputs(outputs, to_format, overwrite=overwrite, inputs=[source])
    check_outputs(limits, [entry.name for _, entry in planned])
    alignment, warnings = read_with_warnings(
        source, from_format, recording=recording, likely=None if audio is None else Path(audio).stem
    )
    if audio is not None:
        from ctcalign.audio import probe

        info = probe(Path(audio))
        alignment.audio = str(audio)
        if info.duration is not None:
            alignment.duration = info.duration
            warnings += _after_the_end(alignment)
    elif str(source) != "-" and any(entry.name in _WITH_AUDIO for _, entry in planned):
        found = find_recording(alignment.audio, source, alignment.duration)
        if found is not None and not os.path.isfile(alignment.audio):
            alignment.audio = str(found)
    rendered = [render(alignment, entry.name, unspoken, limits) for _, entry in planned]
    for (path, entry), content in zip(planned, rendered, strict=True):  # before the first of them is written
        if alignment.cues and content.cues == 0 and content.words == 0:
            reason = "; ".join(content.notes) or "it can store none of the cues"
            raise OutputError(f"{path}: nothing in {source} fits the format {entry.name}: {reason}")
    # Standard output last: nothing is printed if a file cannot be written.
    order = sorted(range(len(planned)), key=lambda place: planned[place][0] == "-")
    with together():
        done = {place: deliver(rendered[place], *planned[place]) for place in order}
    reports = [done[place] for place in range(len(planned))]
    reports[0].notes[:0] = warnings
    return reports
