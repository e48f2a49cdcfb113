"""`ctcalign filter`."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  ctcalign filter talk.json -o sure.json --min-confidence 0.95
  ctcalign filter talks/ -o train.jsonl.gz --precision 0.95      as much as can be 95 % right
  ctcalign filter alignments/ -o train.jsonl.gz --min-confidence 0.9 --max-duration 30
  ctcalign filter cuts.jsonl.gz -o kept.jsonl.gz --min-score min_mean=-2 --rejected rejected.jsonl

Exit status: 0 done, 1 the data cannot be used, 2 the command line cannot."""


def _scores(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Each is NAME=VALUE; a value alone is of "score"."""
    found = {}
    for value in values:
        name, _, number = value.rpartition("=")
        try:
            found[name or "score"] = float(number)
        except ValueError:
            raise click.BadParameter(f"{value!r}: expected a number, or NAME=NUMBER", context, parameter) from None
    return found


@click.command("filter", epilog=EPILOG)
@click.argument("alignments", nargs=-1, required=True, metavar="ALIGNMENT...")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="FOLDER/ (a file for each), .jsonl or .jsonl.gz (all in one lhotse manifest), .json, or - for stdout.",
)
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Least probability of being right.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Keep as many cues as may be kept if this share of them is to be right, by their confidences.",
)
@click.option(
    "--min-score",
    "min_scores",
    multiple=True,
    callback=_scores,
    metavar="[NAME=]VALUE",
    help="Least score, of the field with this name.  [default name: score]  Repeatable.",
)
@click.option("--min-duration", type=click.FloatRange(min=0), metavar="SECONDS", help="Least length of a cue.")
@click.option("--max-duration", type=click.FloatRange(min=0), metavar="SECONDS", help="Greatest length of a cue.")
@click.option(
    "--min-letter-rate", type=click.FloatRange(min=0), metavar="NUMBER", help="Least letters and digits a second."
)
@click.option(
    "--max-letter-rate", type=click.FloatRange(min=0), metavar="NUMBER", help="Greatest letters and digits a second."
)
@click.option(
    "--max-cer",
    type=click.FloatRange(min=0),
    metavar="RATE",
    help="Greatest error rate of what the model hears without the text (free_error_rate or cer).",
)
@click.option("--words", is_flag=True, help="Every spoken word must have the confidence and the scores too.")
@click.option("--rejected", metavar="FILE", help="Write what is left out, and why, as JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on standard output.")
@click.option("--overwrite", is_flag=True, help="Replace output files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="No summary; warnings only.")
def command(
    alignments: tuple[str, ...],
    output: str,
    min_confidence: float | None,
    precision: float | None,
    min_scores: dict[str, float],
    min_duration: float | None,
    max_duration: float | None,
    min_letter_rate: float | None,
    max_letter_rate: float | None,
    max_cer: float | None,
    words: bool,
    rejected: str | None,
    as_json: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Keep the cues of alignments that are good enough.

    ALIGNMENT is our JSON, a lhotse manifest of cuts or supervisions, or a folder of such files. Cues that are not
    spoken, have failed or have no time are never kept, nor are those that lack a field that is asked for. The summary
    tells hours and cues kept, and the precision to expect from the confidences.
    """
    if as_json and "-" in (output, rejected):
        raise click.UsageError("--json and an output would both go to standard output; name a file for the output")
    if precision is not None and (min_confidence is not None or words):
        raise click.UsageError("--precision finds the confidence itself; leave --min-confidence and --words out")
    from ctcalign.cli.console import note, warn
    from ctcalign.filtering.criteria import Criteria
    from ctcalign.filtering.run import filter_files
    from ctcalign.report.tables.filter import report_lines, report_row

    criteria = Criteria(
        min_confidence=min_confidence,
        min_scores=min_scores,
        min_duration=min_duration,
        max_duration=max_duration,
        min_letter_rate=min_letter_rate,
        max_letter_rate=max_letter_rate,
        max_error_rate=max_cer,
        words=words,
    )
    report = filter_files(alignments, output, criteria, precision=precision, rejected=rejected, overwrite=overwrite)
    warn(report.warnings)
    if not report.tally.kept_cues:
        warn([f"nothing is kept of {report.tally.cues} cues"])
    if as_json:
        import json

        click.echo(json.dumps(report_row(report), indent=2, ensure_ascii=False))
    elif not quiet:
        for line in report_lines(report):
            note(line)
