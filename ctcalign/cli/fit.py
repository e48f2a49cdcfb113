"""`ctcalign fit`."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

import click

from ctcalign.cli.options import EXIT_STATUS, needs
from ctcalign.extras import require

EPILOG = f"""\b
Examples:
  ctcalign fit --config train.yaml
  ctcalign fit --config train.yaml --trainer.default_root_dir exp/1 --trainer.max_steps 20000 --seed 2
  ctcalign fit --config train.yaml --resume last              continue after an interruption
  ctcalign fit --config train.yaml --model.init exp/1/last.ckpt --config awp.yaml
  ctcalign fit --model.init builtin:en --data.train cuts.jsonl.gz --trainer.max_steps 500
  ctcalign fit --all-options                                  every option, explained
  ctcalign fit --all-options --task ctc_preference            the same for another task
  ctcalign fit --config train.yaml --print_config             the whole configuration

{needs("train")}
{EXIT_STATUS}"""


@click.command("fit", epilog=EPILOG, context_settings={"ignore_unknown_options": True})
@click.option("--all-options", is_flag=True, help="Show every option of trainer, model and data.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(all_options: bool, options: tuple[str, ...]) -> None:
    """Train a CTC recogniser on lhotse cuts, optionally with objectives that shape its alignments.

    `task: ctc_preference` in the configuration (or --task) trains a recogniser on preferences between transcripts,
    `task: text_preference` a causal language model on prompts with a chosen and a rejected answer.

    OPTIONS are --config FILE and any entry of a configuration by name (--model.encoder.dim 256). The folder
    trainer.default_root_dir receives last.ckpt, best.ckpt, the resolved configuration, the log and model.safetensors,
    which other commands load as checkpoint:FILE.
    """
    if not options and not all_options:
        raise click.UsageError("expected options, such as --config FILE")
    require("torch", "lhotse", "pytorch_lightning", "jsonargparse", extra="train")
    from ctcalign.cli.console import shown_warnings
    from ctcalign.train.notices import TrainingWarning
    from ctcalign.train.run import fit

    # Worker processes write to the same stderr as this one (a test's stream may have no descriptor).
    with suppress(io.UnsupportedOperation):
        os.dup2(sys.stderr.fileno(), 2)
    with shown_warnings(TrainingWarning):
        model = fit([*options, "--help"] if all_options else list(options))
    if model is not None:
        click.echo(str(model))
