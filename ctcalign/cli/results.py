"""The work behind `ctcalign align` and `ctcalign transcribe`: where results go, progress, table and summary."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctcalign.cli.console import note, progress, warn
from ctcalign.errors import UsageError

if TYPE_CHECKING:
    from ctcalign.alignment.alignment import Alignment
    from ctcalign.emission.progress import Progress
    from ctcalign.formats.registry import Format

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def memory_size(text: str | None) -> int | None:
    """Bytes in "4G", "800M", "1.5GB".

    Raises:
        UsageError: not a size, or none above zero.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]*\.?[0-9]+) *([kmgt]?)i?b?", text.strip().lower())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"--max-memory: got {text!r}, expected a size such as 800M or 4G")
    return int(float(match[1]) * _UNITS[match[2]])


def channel_choice(text: str) -> str | int:
    """ "mix", "all" or the number of a channel.

    Raises:
        UsageError: anything else.
    """
    if text in ("mix", "all"):
        return text
    if text.isdigit():
        return int(text)
    raise UsageError(f"--channel: got {text!r}, expected mix, all, or the number of a channel from 0")


def targets(
    outputs: Sequence[str], formats: Sequence[str], audio: str, inputs: Sequence[str], overwrite: bool
) -> list[tuple[str, Format]]:
    """What is to be written where, checked before any work is done.

    One format serves all outputs; as many formats as outputs go by pairs; a single folder takes a file of each format.

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


def run(
    work: Callable[[Progress], Alignment], planned: Sequence[tuple[str, Format]], *, table: bool | None, quiet: bool
) -> None:
    """Do the work with a progress bar, write the outputs, print table and summary."""
    began = time.monotonic()
    with progress("listening", enabled=not quiet) as update:

        def show(stage: str, done: float, total: float | None) -> None:
            update(done, total)

        alignment = work(show)
    took = time.monotonic() - began
    deliver(alignment, planned, table=table, quiet=quiet)
    if not quiet:
        _summary(alignment, took)


def deliver(alignment: Alignment, planned: Sequence[tuple[str, Format]], *, table: bool | None, quiet: bool) -> None:
    """Write every output; print the table when asked to, or when there is no output."""
    from ctcalign.formats.writing import write

    if table or (table is None and not planned):
        from rich.console import Console

        from ctcalign.report.tables.alignment import cue_table

        narrow = not sys.stdout.isatty()
        Console(width=120 if narrow else None).print(cue_table(alignment))
    for name, entry in planned:
        report = write(alignment, name, entry.name)
        if not quiet:
            warn(f"{name}: {text}" for text in report.notes)
    if not quiet:
        warn(alignment.warnings)


def _summary(alignment: Alignment, took: float) -> None:
    from ctcalign.report.tables.alignment import summary_lines

    for line in summary_lines(alignment):
        if not line.startswith("warning:"):
            note(line)
    speed = f", {alignment.duration / took:.0f} x real time" if took > 0 and alignment.duration else ""
    note(f"{alignment.duration:.1f} s of audio in {took:.1f} s{speed}, peak memory {peak_memory() / 1e6:.0f} MB")


def peak_memory() -> int:
    """Bytes of the largest resident set so far; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
