"""`ctcalign calibrate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctcalign.cli.console import note, progress_bar, table_console, warn
from ctcalign.cli.options import (
    EXIT_STATUS,
    device_option,
    encoding_option,
    language_option,
    licence_option,
    max_duration_option,
    model_option,
    needs,
    precision_option,
    text_size_option,
    threads_option,
    track_option,
)

if TYPE_CHECKING:
    from ctcalign.calibration.sets import Transcribed
    from ctcalign.models.precision import Precision
    from ctcalign.models.protocol import AcousticModel

EPILOG = f"""\b
Examples:
  ctcalign calibrate data/dev/*/truth.json --model hf:NAME -o confidence.json
  ctcalign calibrate utterances/manifest.jsonl cuts.jsonl.gz -o confidence.json --plot confidence.png
  ctcalign calibrate reviewed/*.json --model hf:NAME -o confidence.json
  ctcalign calibrate --pair talk.wav talk.srt --pair speech.wav speech.vtt -o confidence.json
  ctcalign calibrate utterances/manifest.jsonl --model onnx:FILE --boundaries

{needs("calibrate")}
{EXIT_STATUS}"""


@click.command("calibrate", epilog=EPILOG)
@click.argument("sets", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--pair",
    "pairs",
    nargs=2,
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="AUDIO CAPTIONS",
    help="A recording and a complete, correctly timed transcript of it. Repeatable.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Calibration file to write, JSON."
)
@model_option
@language_option
@track_option
@max_duration_option
@device_option
@precision_option
@threads_option
@click.option("--seed", default=1, show_default=True, help="Seed of the errors injected into the captions.")
@click.option(
    "--boundaries", is_flag=True, help="Only measure the delay of the model's tokens and the bias of starts and ends."
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture of reliability, ROC, precision and recall: .png, .svg or .pdf.",
)
@licence_option
@encoding_option
@text_size_option
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress and no tables.")
def command(
    sets: tuple[Path, ...],
    pairs: tuple[tuple[Path, Path], ...],
    output: Path | None,
    model: str,
    language: str | None,
    track: str | None,
    max_duration: float,
    device: str,
    precision: Precision,
    seed: int,
    boundaries: bool,
    plot: Path | None,
    allow_noncommercial: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Fit the confidences of a model on transcribed SETS, and report their reliability.

    SETS are truth files (ctcalign-truth/1), lhotse manifests of cuts, and JSON lines with path, text and speaker of
    short recordings, which are concatenated. An output folder of `ctcalign align-corpus` can be a set if its captions
    are verbatim: they are used as ground truth. Reviewed alignments are sets too (JSON of `ctcalign apply-edits`, or
    the edits of `ctcalign review` beside their alignment): accepted and corrected captions are ground truth, and only
    the parts of the recording in which every caption was reviewed are used.

    Known errors are injected into the captions, and the result is aligned. The reliability for each speaker is measured
    with a fit on the other speakers. Each recording is aligned twelve times, or 24 times if it is shorter than 200 s.
    Use the result with `ctcalign align --calibration`.
    """
    if not sets and not pairs:
        raise click.UsageError("no recordings to fit on; give SETS or --pair AUDIO CAPTIONS")
    if output is None and not boundaries:
        raise click.UsageError("--output is missing; give -o confidence.json")
    if output is not None and output.exists() and not overwrite:
        raise click.UsageError(f"--output: {output} exists; give --overwrite to replace it")
    if boundaries and plot is not None:
        raise click.UsageError("--plot: there is nothing to draw with --boundaries; remove one of them")

    from ctcalign.calibration.sets import Reading, read_sets
    from ctcalign.models import load_model

    if plot is not None:
        from ctcalign.report.pictures.figure import check_picture

        check_picture(plot, overwrite)
    left_out: list[str] = []
    recordings = read_sets(sets, pairs, Reading(track, max_duration), left_out)
    warn(left_out)
    recogniser = load_model(model, device, allow_noncommercial, precision, language=language)
    spoken = language or recogniser.language or "en"
    if boundaries:
        _measure_boundaries(recordings, recogniser, spoken, device, output, quiet=quiet)
    else:
        assert output is not None
        _fit(recordings, recogniser, spoken, device, seed, output, plot, overwrite=overwrite, quiet=quiet)


def _measure_boundaries(
    recordings: Sequence[Transcribed],
    model: AcousticModel,
    language: str,
    device: str,
    output: Path | None,
    *,
    quiet: bool,
) -> None:
    """Print the measurements as JSON, or write them to `output`."""
    import json

    from ctcalign.calibration.run import measure_offsets
    from ctcalign.files import atomic_write

    with progress_bar(enabled=not quiet) as progress:
        found = measure_offsets(recordings, model, language, device, progress)
    text = json.dumps(found, indent=1)
    if output is None:
        click.echo(text)
        return
    with atomic_write(output) as stream:
        stream.write(text + "\n")
    note(f"wrote {output}")


def _fit(
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
    """Fit, write the calibration, print its reliability and draw it."""
    from ctcalign.calibration.run import calibrate, write_calibration
    from ctcalign.files import together

    with progress_bar(enabled=not quiet) as progress:
        found = calibrate(recordings, model, language, device, seed, progress)
    warn(found.warnings)
    with together():
        write_calibration(found.calibration, output)
        if plot is not None:
            from ctcalign.report.pictures.calibration import draw_calibration

            draw_calibration(found.reliability, plot, overwrite=overwrite)
    if not quiet:
        from ctcalign.report.tables.calibration import print_reliability

        print_reliability(found.reliability, table_console(100))
    note(f"wrote {output}")
    if plot is not None:
        note(f"wrote {plot}")
