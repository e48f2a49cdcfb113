"""`ctcalign calibrate`."""

from __future__ import annotations

from pathlib import Path

import click

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

    from ctcalign.cli._calibrating import run_boundaries, run_fit
    from ctcalign.models import load_model
    from ctcalign.report.calibration_sets import read_sets

    if plot is not None:
        from ctcalign.report.score_picture import check_picture

        check_picture(plot, overwrite)
    recordings = read_sets(sets, pairs)
    recogniser = load_model(model, device, allow_noncommercial)
    spoken = language or recogniser.language or "en"
    if boundaries:
        run_boundaries(recordings, recogniser, spoken, device, output, quiet=quiet)
    else:
        assert output is not None
        run_fit(recordings, recogniser, spoken, device, seed, output, plot, overwrite=overwrite, quiet=quiet)
