"""`ctcalign calibrate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctcalign.cli.console import note, progress, warn

if TYPE_CHECKING:
    from ctcalign.calibration.sets import Transcribed
    from ctcalign.models.protocol import AcousticModel

EPILOG = """\b
Examples:
  ctcalign calibrate data/dev/*/truth.json --model hf:NAME -o confidence.json
  ctcalign calibrate utterances/manifest.jsonl cuts.jsonl.gz -o confidence.json --plot confidence.png
  ctcalign calibrate --pair talk.wav talk.srt --pair speech.wav speech.vtt -o confidence.json
  ctcalign calibrate utterances/manifest.jsonl --model onnx:FILE --boundaries

Exit status: 0 done, 1 the data cannot be used, 2 the command line cannot be used."""


@click.command("calibrate", epilog=EPILOG)
@click.argument("sets", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--pair",
    "pairs",
    nargs=2,
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="AUDIO CAPTIONS",
    help="A recording and captions of all that is said in it, with true times. Repeatable.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="JSON file to write.")
@click.option("--model", default="builtin:en", show_default=True, metavar="NAME", help="Model; see `ctcalign models`.")
@click.option("--language", metavar="CODE", help="Language of the texts.  [default: the model's]")
@click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:1, mps.")
@click.option("--seed", default=1, show_default=True, help="Of the errors that are put into the captions.")
@click.option(
    "--boundaries", is_flag=True, help="Measure how late symbols come and how far edges are off, and fit nothing."
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture of reliability, ROC, precision and recall: .png, .svg or .pdf.",
)
@click.option("--allow-noncommercial", is_flag=True, help="Accept models whose licence forbids commercial use.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no tables.")
def command(
    sets: tuple[Path, ...],
    pairs: tuple[tuple[Path, Path], ...],
    output: Path | None,
    model: str,
    language: str | None,
    device: str,
    seed: int,
    boundaries: bool,
    plot: Path | None,
    allow_noncommercial: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Fit the confidences of a model on transcribed SETS, and tell how far they can be trusted.

    SETS are truth files (ctcalign-truth/1), lhotse manifests of cuts, and JSON lines with path, text and speaker of
    short recordings, which are joined to long ones. Known errors are put into the captions, these are aligned, and
    each speaker is judged by a fit on the others. Give the file to `ctcalign align --calibration`.
    """
    if not sets and not pairs:
        raise click.UsageError("nothing to learn from; give SETS or --pair AUDIO CAPTIONS")
    if output is None and not boundaries:
        raise click.UsageError("--output is missing; give -o confidence.json")
    if output is not None and output.exists() and not overwrite:
        raise click.UsageError(f"--output: {output} is there already; give --overwrite to replace it")
    if boundaries and plot is not None:
        raise click.UsageError("--plot: there is nothing to draw with --boundaries; leave one of them out")

    from ctcalign.calibration.sets import read_sets
    from ctcalign.cli.calibrate import run_boundaries, run_fit
    from ctcalign.models import load_model

    if plot is not None:
        from ctcalign.report.pictures.figure import check_picture

        check_picture(plot, overwrite)
    recordings = read_sets(sets, pairs)
    recogniser = load_model(model, device, allow_noncommercial)
    spoken = language or recogniser.language or "en"
    if boundaries:
        run_boundaries(recordings, recogniser, spoken, device, output, quiet=quiet)
    else:
        assert output is not None
        run_fit(recordings, recogniser, spoken, device, seed, output, plot, overwrite=overwrite, quiet=quiet)


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
    from ctcalign.calibration.run import measure_offsets
    from ctcalign.files import atomic_write

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
    from ctcalign.calibration.run import calibrate, write_calibration

    with progress("calibrating", enabled=not quiet) as update:
        found = calibrate(recordings, model, language, device, seed, lambda what, done, total: update(done, total))
    warn(found.warnings)
    write_calibration(found.calibration, output)
    if not quiet:
        from rich.console import Console

        from ctcalign.report.tables.calibration import print_reliability

        print_reliability(found.reliability, Console(width=None if sys.stdout.isatty() else 100))
    note(f"wrote {output}")
    if plot is not None:
        from ctcalign.report.pictures.calibration import draw_calibration

        draw_calibration(found.reliability, plot, overwrite=overwrite)
        note(f"wrote {plot}")
