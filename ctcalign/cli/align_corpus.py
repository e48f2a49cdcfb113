"""`ctcalign align-corpus`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from ctcalign.cli.align_options import (
    align_options_from,
    alignment_options,
    captions_format_option,
    check_method,
    method_options,
)
from ctcalign.cli.options import (
    EXIT_STATUS,
    Duration,
    emission_options,
    encoding_option,
    language_option,
    limits_from,
    quiet_option,
    romanise_option,
    subtitle_options,
    text_size_option,
    unspoken_option,
)
from ctcalign.corpus.options import ENGINES

EPILOG = f"""\b
Examples:
  ctcalign align-corpus episodes -o aligned                   recordings with captions of the same names
  ctcalign align-corpus audio captions -o aligned --format vtt
  ctcalign align-corpus pairs.tsv -o aligned --dry-run        how long will it take?
  ctcalign align-corpus data/train -o aligned --workers 16    a Kaldi data directory
  ctcalign align-corpus cuts.jsonl.gz -o aligned --devices cuda:0,cuda:1
  ctcalign align-corpus episodes -o aligned --engine ray --address auto
  ctcalign align-corpus episodes -o aligned --shard 3/64; ctcalign merge aligned

{EXIT_STATUS}"""

_EXISTING = click.Path(exists=True, path_type=Path)


@click.command("align-corpus", epilog=EPILOG)
@click.argument("given", metavar="INPUT", type=_EXISTING)
@click.argument("captions", type=_EXISTING, required=False)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the results. A run that was stopped is continued; what has not changed is not done again.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Write each alignment in this format too, or with kaldi one data directory of all.  [default: JSON alone]  "
    "Repeatable.",
)
@click.option("--tokens", is_flag=True, help="Keep token times (JSON, TextGrid).")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Recordings at a time.  [default: one for each processor, or for each of --devices]",
)
@click.option(
    "--devices",
    default="auto",
    show_default=True,
    metavar="NAMES",
    help="Devices of the models, in turn: auto, cpu, or names with commas, such as cuda:0,cuda:1.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="What runs the workers: processes of this machine, or Ray: pip install 'ctcalign[ray]'.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="With --engine ray: a cluster; auto is the one this machine belongs to.  [default: Ray is started here]",
)
@click.option(
    "--shard",
    metavar="N/COUNT",
    help="Align only one of COUNT equal parts; `ctcalign merge` makes manifest and report when all are done.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Further attempts at a recording whose worker ended or was too slow, before it is given up.",
)
@click.option(
    "--timeout-per-hour",
    type=Duration(),
    default="4h",
    show_default=True,
    metavar="DURATION",
    help="Longest work on an hour of sound, beyond two minutes; in seconds, or as 90m or 2h.",
)
@click.option("--retry-failed", is_flag=True, help="Try recordings again that an earlier run gave up.")
@click.option(
    "--allow-pipes",
    "--allow-commands",
    "allow_commands",
    is_flag=True,
    help="Run shell commands that INPUT names as recordings (the pipes of a wav.scp).",
)
@click.option("--allow-remote", is_flag=True, help="Open addresses that INPUT names, such as s3:// and https://.")
@click.option("--dry-run", is_flag=True, help="Align ten recordings and print what the whole would take; keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report (or the estimate) as JSON.")
@unspoken_option
@subtitle_options
@partial(emission_options, device=False)
@method_options
@language_option
@captions_format_option
@alignment_options
@romanise_option
@encoding_option
@text_size_option
@quiet_option
def command(
    given: Path,
    captions: Path | None,
    output: Path,
    devices: str,
    shard: str | None,
    allow_commands: bool,
    allow_remote: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **rest: Any,
) -> None:
    """Align many recordings into one folder.

    INPUT is a folder with recordings and captions of the same names (captions may be in another folder, CAPTIONS), a
    manifest of pairs (.tsv or .jsonl with audio, captions and optionally id), a Kaldi data directory, or of lhotse
    cuts, a Shar folder, or recordings with supervisions as CAPTIONS.

    The folder of --output receives alignments/ID.json for each recording, cuts.jsonl.gz (one lhotse manifest),
    report.html, report.json, log.jsonl, and failed/ID.txt for recordings that could not be aligned. They do not end the
    run; the exit status is 1 then. SIGTERM and Ctrl-C finish the recordings that are being aligned.
    """
    check_method(rest)
    if rest["address"] is not None and rest["engine"] != "ray":
        raise click.UsageError("--address is an option of --engine ray; add it or remove --address")
    from ctcalign.cli.corpus import CorpusCall, run_corpus

    limits = limits_from(rest)
    options, rest = align_options_from(rest)
    run_corpus(
        CorpusCall(given, captions, output, dry_run=dry_run, as_json=as_json, quiet=quiet),
        options,
        {**rest, "limits": limits},
        devices=devices,
        shard=shard,
        trust=(allow_commands, allow_remote),
    )
