"""Results of `ctcalign align`, `transcribe` and `search`: plan the outputs, run with progress, write, summarise."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.cli.console import note, progress_bar, table_console, warn
from ctcalign.cli.options import ResultOptions
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import Alignment
    from ctcalign.emission.progress import Progress
    from ctcalign.formats.shared.format import Format
    from ctcalign.formats.shared.unspoken import Unspoken
    from ctcalign.formats.subtitles.limits import SubtitleLimits


def plan_results(
    outputs: Sequence[str], formats: Sequence[str], audio: str, inputs: Sequence[str], overwrite: bool
) -> list[tuple[str, Format]]:
    """Output paths with their formats, checked before any work is done.

    One format applies to all outputs; as many formats as outputs are paired with them; one folder gets a file in each
    format.

    Raises:
        UsageError, OutputError: see `ctcalign.formats.writing.plan_outputs`.
    """
    from ctcalign.formats.registry import format_of
    from ctcalign.formats.writing import plan_outputs

    if not formats:
        return plan_outputs(outputs, overwrite=overwrite, inputs=inputs)
    if not outputs:
        outputs = ["-"] * len(formats)
    if len(outputs) == 1 and (outputs[0].endswith("/") or os.path.isdir(outputs[0])):
        entries = [format_of("", name) for name in formats]
        if not any(entry.folder for entry in entries):
            stem = Path(audio).stem if audio != "-" else "alignment"
            outputs = [os.path.join(outputs[0], stem + _extension(entry)) for entry in entries]
    if len(formats) == 1:
        return plan_outputs(outputs, formats[0], overwrite=overwrite, inputs=inputs)
    if len(formats) != len(outputs):
        raise UsageError(
            f"--format: got {len(formats)} formats for {len(outputs)} outputs, expected one, as many as outputs, "
            "or one -o FOLDER/"
        )
    planned = []
    for output, name in zip(outputs, formats, strict=True):
        planned += plan_outputs([output], name, overwrite=overwrite, inputs=inputs)
    if len({os.path.realpath(name) for name, _ in planned}) < len(planned):
        raise UsageError("--output: one output is named twice; give each format a file of its own")
    return planned


def _extension(entry: Format) -> str:
    return entry.extensions[0] if entry.extensions else f".{entry.name}.txt"


def run(work: Callable[[Progress], Alignment], planned: Sequence[tuple[str, Format]], options: ResultOptions) -> None:
    """Call `work` with a progress bar, write its result, print table and summary."""
    from ctcalign.formats.subtitles.limits import check_outputs

    check_outputs(options.limits, [entry.name for _, entry in planned])
    began = time.monotonic()
    with progress_bar(enabled=not options.quiet) as progress:
        alignment = work(progress)
    took = time.monotonic() - began
    if options.table or (options.table is None and not planned):
        from ctcalign.report.tables.alignment import cue_table

        table_console(120).print(cue_table(alignment))
    write_results(alignment, planned, quiet=options.quiet, unspoken=options.unspoken, limits=options.limits)
    if not options.quiet:
        warn(alignment.warnings)
        _summarise(alignment, took)


def write_results(
    alignment: Alignment,
    planned: Sequence[tuple[str, Format]],
    *,
    quiet: bool,
    unspoken: Unspoken = "keep",
    limits: SubtitleLimits | None = None,
) -> None:
    """Write every output, all or none; report data that a format cannot represent."""
    from ctcalign.files import together
    from ctcalign.formats.writing import write

    reports = []
    with together():
        # Standard output last: nothing is printed if a file cannot be written.
        for name, entry in sorted(planned, key=lambda output: output[0] == "-"):
            reports.append(write(alignment, name, entry.name, unspoken, limits))
    for report in reports:
        if not quiet:
            warn(f"{report.path}: {text}" for text in report.notes)


def _summarise(alignment: Alignment, took: float) -> None:
    from ctcalign.report.tables.alignment import summary_lines

    for line in summary_lines(alignment):
        if not line.startswith("warning:"):
            note(line)
    speed = f", {alignment.duration / took:.0f} x real time" if took > 0 and alignment.duration else ""
    note(f"{alignment.duration:.1f} s of audio in {took:.1f} s{speed}, peak memory {_peak_memory() / 1e6:.0f} MB")


def _peak_memory() -> int:
    """Bytes of the largest resident set so far; 0 if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
