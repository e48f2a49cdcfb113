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
  ctcalign align-corpus pairs.tsv -o aligned --dry-run        estimate time and size
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
    help="Folder of the results. A run that was stopped is resumed; unchanged recordings are not aligned again.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="Additional format of each alignment; kaldi: one data directory of all.  [default: JSON only]  Repeatable.",
)
@click.option("--tokens", is_flag=True, help="Keep token times (JSON, TextGrid).")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of workers; each aligns one recording at a time.  [default: one per processor, or per device]",
)
@click.option(
    "--devices",
    default="auto",
    show_default=True,
    metavar="NAMES",
    help="Devices, assigned to the workers in turn: auto, cpu, or a list with commas, such as cuda:0,cuda:1.",
)
@click.option(
    "--batch-seconds",
    type=click.FloatRange(min=0),
    metavar="S",
    help="Compute several short recordings at once, S seconds of audio together; 0: one by one.  "
    "[default: 240 on a GPU, 0 on a CPU]",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="local: processes on this machine; ray: actors of Ray, which needs pip install 'ctcalign[ray]'.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="With --engine ray: address of the cluster; auto: the one this machine belongs to.  [default: start Ray here]",
)
@click.option(
    "--shard",
    metavar="N/COUNT",
    help="Align only part N of COUNT equal parts. Run `ctcalign merge` when all are done.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Further attempts for a recording whose worker crashed or timed out.",
)
@click.option(
    "--timeout-per-hour",
    type=Duration(),
    default="4h",
    show_default=True,
    metavar="DURATION",
    help="Timeout per hour of audio, in addition to two minutes; in seconds, or such as 90m or 2h.",
)
@click.option("--retry-failed", is_flag=True, help="Try recordings again that failed in an earlier run.")
@click.option(
    "--allow-pipes",
    "--allow-commands",
    "allow_commands",
    is_flag=True,
    help="Run shell commands that INPUT names as recordings (the pipes of a wav.scp).",
)
@click.option("--allow-remote", is_flag=True, help="Open URLs that INPUT names, such as s3:// and https://.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Align up to ten recordings and print the expected time and size of the whole; keep nothing.",
)
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

    INPUT is one of: a folder with recordings and captions of the same names (the captions may be in another folder,
    CAPTIONS); a manifest of pairs (.tsv or .jsonl with audio, captions and optionally id); a Kaldi data directory;
    lhotse cuts; a Shar folder; lhotse recordings, with the supervisions as CAPTIONS.

    The folder of --output receives alignments/ID.json for each recording, cuts.jsonl.gz (one lhotse manifest),
    report.html, report.json, log.jsonl, and failed/ID.txt for each recording that could not be aligned. Failed
    recordings do not stop the run; the exit status is then 1. On SIGTERM and Ctrl-C, the recordings that are being
    aligned are finished.
    """
    check_method(rest)
    if rest["address"] is not None and rest["engine"] != "ray":
        raise click.UsageError("--address is an option of --engine ray; add it or remove --address")
    if rest["engine"] == "local" and not dry_run:
        from ctcalign.corpus.engines.server import start_server
        from ctcalign.corpus.workers import devices_of, workers_and_threads

        # It imports the libraries of the workers while this process reads the input.
        start_server(rest["model"], workers_and_threads(rest["workers"], devices_of(devices))[1])
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
