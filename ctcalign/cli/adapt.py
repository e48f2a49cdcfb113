"""`ctcalign adapt`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ctcalign.cli.options import (
    EXIT_STATUS,
    device_option,
    encoding_option,
    language_option,
    licence_option,
    max_duration_option,
    model_option,
    split,
    text_size_option,
    threads_option,
    track_option,
)
from ctcalign.extras import require

EPILOG = f"""\b
Examples:
  ctcalign adapt talks captions --model builtin:en -o adapted
  ctcalign adapt talk.mp4 talk.srt -o adapted --dry-run
  ctcalign adapt aligned -o adapted                       the output folder of align-corpus
  ctcalign adapt pairs.tsv -o adapted --held-out truth.json --keep-source read.jsonl.gz
  ctcalign adapt talks captions -o adapted --set trainer.devices=2 --config objectives.yaml
  ctcalign align new.mp4 new.srt --model checkpoint:adapted/model.safetensors -o new.vtt

Needs the extras `train` and `calibrate`: pip install 'ctcalign[train,calibrate]'.
{EXIT_STATUS}"""


class SourceShare(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """A fraction, or "learn"."""

    name = "source share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """The fraction as a number; "learn" as it is."""
        if value == "learn":
            return "learn"
        try:
            found = float(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither a fraction nor 'learn'", param, ctx)
        if not 0 <= found < 1:
            self.fail(f"{value} is not in the range 0<=x<1, and not 'learn'", param, ctx)
        return found


_EXISTING = click.Path(exists=True, path_type=Path)


@click.command("adapt", epilog=EPILOG)
@click.argument("recordings", type=_EXISTING)
@click.argument("captions", type=_EXISTING, required=False)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the adaptation. A run that was stopped is resumed; unchanged steps are not repeated.",
)
@model_option
@click.option("--passes", type=click.IntRange(min=1), default=3, show_default=True, help="Maximum number of passes.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    default=0.95,
    show_default=True,
    help="Train on as many phrases as possible while their expected precision, their mean confidence, is at least P.",
)
@click.option(
    "--top-share",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="FRACTION",
    help="Train on this fraction of the phrases instead, those with the highest confidence.",
)
@click.option(
    "--weights", is_flag=True, help="Train on all phrases of confidence 0.5 and more, each weighted by its confidence."
)
@click.option(
    "--rejected",
    type=click.Choice(["drop", "bco", "dpo"]),
    default="drop",
    show_default=True,
    help="Use of captions that are more likely wrong than right (their right phrases are always used). drop: none; "
    "bco, dpo: a preference loss makes their text less likely than the model's own transcription.",
)
@click.option(
    "--held-out",
    multiple=True,
    type=_EXISTING,
    metavar="SET",
    help="Held-out transcribed recordings of the target domain, as for `ctcalign calibrate`, or Shar folders; passes "
    "are selected by them.  [default: some of the captions, which are left out of the training]  Repeatable.",
)
@click.option(
    "--test",
    multiple=True,
    type=_EXISTING,
    metavar="SET",
    help="Test recordings of the target domain, used for measurement only.  [default: half of the recordings of "
    "--held-out, which are then not used for selection]  Repeatable.",
)
@click.option(
    "--keep-source",
    multiple=True,
    type=_EXISTING,
    metavar="SET",
    help="Transcribed recordings of the source domain, mixed into the training so that accuracy on it is kept. "
    "Repeatable.",
)
@click.option(
    "--source-share",
    type=SourceShare(),
    metavar="FRACTION|learn",
    default=0.3,
    show_default=True,
    help="Fraction of the speech in the training that comes from --keep-source. learn: the batches keep 0.3, and "
    "the weight of the source domain in the loss is learnt from the gradients of held-out speech.",
)
@click.option(
    "--source-held-out",
    multiple=True,
    type=_EXISTING,
    metavar="SET",
    help="Held-out transcribed recordings of the source domain.  [default: a tenth of --keep-source]  Repeatable.",
)
@click.option(
    "--source-budget",
    type=click.FloatRange(min=0),
    metavar="FRACTION",
    default=0.05,
    show_default=True,
    help="Largest relative increase of the error rate on the source domain. If it is exceeded, the weights are "
    "interpolated with the original ones, or the pass is discarded.",
)
@click.option(
    "--calibrate-on",
    multiple=True,
    type=_EXISTING,
    metavar="SET",
    help="Transcribed recordings for fitting confidences in each pass.  [default: --held-out, or captions that are "
    "left out]  Repeatable.",
)
@click.option(
    "--calibration",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Calibration of the original model, from `ctcalign calibrate`.  [default: the one shipped with it, else "
    "fitted]",
)
@click.option(
    "--updates",
    type=click.IntRange(min=1),
    metavar="N",
    help="Training updates per pass.  [default: depends on the amount of speech]",
)
@click.option(
    "--lr",
    type=click.FloatRange(min=0, min_open=True),
    metavar="RATE",
    help="Peak learning rate.  [default: depends on the size of the model]",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Configuration of `ctcalign fit` for the training, such as objectives. Repeatable.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Option of `ctcalign fit`, such as trainer.accelerator=cpu. Repeatable.",
)
@click.option(
    "--warm", is_flag=True, help="Start each pass from the model of the last pass instead of the original one."
)
@click.option("--seed", default=1, show_default=True, help="Seed of training and calibration.")
@language_option
@track_option
@max_duration_option
@device_option
@threads_option
@licence_option
@encoding_option
@text_size_option
@click.option("--dry-run", is_flag=True, help="Print the plan with hours and estimated time; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report (or the plan) as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress and no summary.")
def command(
    recordings: Path,
    captions: Path | None,
    output: Path,
    model: str,
    language: str | None,
    device: str,
    allow_noncommercial: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Adapt a model to RECORDINGS with partly wrong CAPTIONS.

    A pass aligns the captions, keeps the phrases of high confidence, trains the model on them and measures its error
    rates. The next pass aligns with the better model.

    RECORDINGS and CAPTIONS are folders with files of the same names, or one file each. RECORDINGS alone is a manifest
    of pairs (.tsv or .jsonl with the columns audio and captions), or the output folder of `ctcalign align-corpus`.

    CAPTIONS may have been reviewed (JSON of `ctcalign apply-edits`, or the edits of `ctcalign review` beside their
    alignment): rejected captions are never trained on, the phrases of accepted and corrected ones whatever their
    confidence, if they are found where the review has the caption.

    The folder of --output receives the model (model.safetensors, or model/ for hf: models), report.html, report.json
    and a folder for each pass. The original model is not changed.
    """
    require("torch", "lhotse", "pytorch_lightning", "jsonargparse", extra="train")
    require("sklearn", extra="calibrate")
    from ctcalign.adapt.options import AdaptOptions
    from ctcalign.adapt.run import adapt
    from ctcalign.cli.console import note, print_json, progress_bar, shown_warnings, warn
    from ctcalign.models.registry import named
    from ctcalign.train.notices import TrainingWarning

    options, _ = split(AdaptOptions, given)

    def line(text: str) -> None:
        if not quiet:
            note(text)

    model = named(model, language)
    if dry_run:
        from ctcalign.adapt.plan import plan

        planned = plan(
            recordings,
            captions,
            model,
            options=options,
            language=language,
            device=device,
            allow_noncommercial=allow_noncommercial,
        )
        if as_json:
            print_json(asdict(planned) | {"seconds": planned.seconds})
        else:
            for text in planned.lines():
                click.echo(text)
        return
    with progress_bar(enabled=not quiet) as progress, shown_warnings(TrainingWarning):
        found = adapt(
            recordings,
            captions,
            model,
            output=output,
            options=options,
            language=language,
            device=device,
            allow_noncommercial=allow_noncommercial,
            progress=progress,
            note=line,
        )
    from ctcalign.report.pages.adaptation import write_page

    write_page(found.report, output / "report.html")
    if found.model == model:
        warn(["no pass was better than the original model, which is kept"])
    if as_json:
        print_json(found.report)
    else:
        click.echo(found.model)
