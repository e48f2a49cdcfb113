"""`ctcalign filter`."""

from __future__ import annotations

from typing import Any

import click

from ctcalign.cli.options import EXIT_STATUS, split, text_size_option

EPILOG = f"""\b
Examples:
  ctcalign filter talk.json -o sure.json --min-confidence 0.95
  ctcalign filter talks/ -o train.jsonl.gz --precision 0.95      as many cues as possible with 95 % of them right
  ctcalign filter alignments/ -o train.jsonl.gz --min-confidence 0.9 --max-duration 30
  ctcalign filter cuts.jsonl.gz -o kept.jsonl.gz --min-score min_mean=-2 --rejected rejected.jsonl

{EXIT_STATUS}"""


class NamedNumber(click.ParamType):  # type: ignore[type-arg]  # not generic in click 8.1
    """NAME=NUMBER; a number alone belongs to the name "score"."""

    name = "named number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        name, _, number = str(value).rpartition("=")
        try:
            return name or "score", float(number)
        except ValueError:
            self.fail(f"{value!r}: expected a number, or NAME=NUMBER", param, ctx)


@click.command("filter", epilog=EPILOG)
@click.argument("alignments", nargs=-1, required=True, metavar="ALIGNMENT...")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="FOLDER/ (one file per input), .jsonl or .jsonl.gz (one lhotse manifest), .json, or - for standard output.",
)
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Lowest confidence to keep.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    help="Keep as many cues as possible while their expected precision, their mean confidence, is at least P.",
)
@click.option(
    "--min-score",
    "min_scores",
    multiple=True,
    type=NamedNumber(),
    metavar="[NAME=]VALUE",
    help="Lowest value of the score called NAME.  [default NAME: score]  Repeatable.",
)
@click.option("--min-duration", type=click.FloatRange(min=0), metavar="SECONDS", help="Shortest cue to keep.")
@click.option("--max-duration", type=click.FloatRange(min=0), metavar="SECONDS", help="Longest cue to keep.")
@click.option(
    "--min-letter-rate", type=click.FloatRange(min=0), metavar="NUMBER", help="Fewest letters and digits per second."
)
@click.option(
    "--max-letter-rate", type=click.FloatRange(min=0), metavar="NUMBER", help="Most letters and digits per second."
)
@click.option(
    "--max-cer",
    "max_error_rate",
    type=click.FloatRange(min=0),
    metavar="RATE",
    help="Highest error rate of the model's own transcription against the text (field free_error_rate or cer).",
)
@click.option("--words", is_flag=True, help="Apply the limits of confidence and score to every spoken word as well.")
@click.option("--rejected", metavar="FILE", help="Write rejected cues with the reason, as JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output.")
@text_size_option
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Print no summary, only warnings.")
def command(
    alignments: tuple[str, ...],
    output: str,
    min_scores: tuple[tuple[str, float], ...],
    precision: float | None,
    rejected: str | None,
    as_json: bool,
    overwrite: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Keep the cues of alignments that meet all criteria.

    ALIGNMENT is a JSON alignment, a lhotse manifest of cuts or supervisions, or a folder of such files. Cues that are
    not spoken, have failed or have no time are always rejected, and so are cues that lack a field of a criterion. The
    summary reports hours and cues kept, and the precision to expect from the confidences.
    """
    if as_json and "-" in (output, rejected):
        raise click.UsageError("--json and an output would both go to standard output; name a file for the output")
    if precision is not None and (given["min_confidence"] is not None or given["words"]):
        raise click.UsageError("--precision chooses the confidence itself; remove --min-confidence and --words")
    from ctcalign.cli.console import note, print_json, warn
    from ctcalign.filtering.criteria import Criteria
    from ctcalign.filtering.run import filter_files
    from ctcalign.report.tables.filter import report_lines, report_row

    criteria, _ = split(Criteria, given, min_scores=dict(min_scores))
    report = filter_files(alignments, output, criteria, precision=precision, rejected=rejected, overwrite=overwrite)
    warn(report.warnings)
    if not report.tally.kept_cues:
        warn([f"nothing is kept of {report.tally.cues} cues"])
    if as_json:
        print_json(report_row(report))
    elif not quiet:
        for line in report_lines(report):
            note(line)
