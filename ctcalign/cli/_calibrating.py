"""The work behind `ctcalign calibrate`: progress, tables and files."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctcalign.cli._shared import note, progress, warn

if TYPE_CHECKING:
    from ctcalign.models.protocol import AcousticModel
    from ctcalign.report.calibration_sets import Transcribed


def run_boundaries(
    recordings: Sequence[Transcribed],
    model: AcousticModel,
    language: str,
    device: str,
    output: Path | None,
    *,
    quiet: bool,
) -> None:
    """Print what was measured as JSON; write it, when there is an output."""
    from ctcalign.formats.atomic import atomic_write
    from ctcalign.report.calibration import measure_offsets

    with progress("measuring", enabled=not quiet) as update:
        found = measure_offsets(recordings, model, language, device, lambda what, done, total: update(done, total))
    text = json.dumps(found, indent=1)
    if output is None:
        click.echo(text)
        return
    with atomic_write(output) as stream:
        stream.write(text + "\n")
    note(f"wrote {output}")


def run_fit(
    recordings: Sequence[Transcribed],
    model: AcousticModel,
    language: str,
    device: str,
    seed: int,
    output: Path,
    plot: Path | None,
    *,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Fit, print the reliability, write the file and the picture."""
    from ctcalign.report.calibration import calibrate, write_calibration

    with progress("calibrating", enabled=not quiet) as update:
        found = calibrate(recordings, model, language, device, seed, lambda what, done, total: update(done, total))
    warn(found.warnings)
    write_calibration(found.calibration, output)
    if not quiet:
        from rich.console import Console

        from ctcalign.report.calibration_table import print_reliability

        print_reliability(found.reliability, Console(width=None if sys.stdout.isatty() else 100))
    note(f"wrote {output}")
    if plot is not None:
        from ctcalign.report.calibration_picture import draw_calibration

        draw_calibration(found.reliability, plot, overwrite=overwrite)
        note(f"wrote {plot}")
