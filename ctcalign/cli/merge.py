"""`ctcalign merge`."""

from __future__ import annotations

from pathlib import Path

import click

from ctcalign.cli.options import EXIT_STATUS, quiet_option

EPILOG = f"""\b
Examples:
  ctcalign merge aligned                       shards that were aligned into one folder
  ctcalign merge shards/* -o aligned           shards in folders of their own

{EXIT_STATUS}"""


@click.command("merge", epilog=EPILOG)
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    metavar="FOLDER...",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the merged files.  [default: FOLDER, if only one is given]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@quiet_option
def command(folders: tuple[Path, ...], output: Path | None, as_json: bool, quiet: bool) -> None:
    """Merge the results of `ctcalign align-corpus --shard` into one manifest and one report.

    FOLDER is the output of one shard, or of all if they shared it. The exit status is 1 if a recording failed, or a
    shard is missing or damaged.
    """
    from ctcalign.cli.console import warn
    from ctcalign.cli.corpus import show_report
    from ctcalign.corpus.merge import merge

    report, missing = merge(folders, output)
    if missing:
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        warn([f"shards that have not been aligned to their end: {', '.join(missing[:8])}{more}"])
    show_report(report, output or folders[0], quiet=quiet, as_json=as_json)
    if missing or report["failed"] or report["damaged"]:
        raise click.exceptions.Exit(1)
