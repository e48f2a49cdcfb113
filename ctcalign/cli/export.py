"""`ctcalign export`."""

from __future__ import annotations

from pathlib import Path

import click

from ctcalign.cli.options import EXIT_STATUS, licence_option, overwrite_option, quiet_option
from ctcalign.errors import OutputExistsError, UsageError
from ctcalign.extras import require

EPILOG = f"""\b
Examples:
  ctcalign export builtin:en -o en.onnx
  ctcalign export exp/1/best.ckpt -o best.onnx
  ctcalign export hf:facebook/wav2vec2-base-960h -o wav2vec2.onnx
  ctcalign export exp/1/best.ckpt -o best.safetensors    the model of a checkpoint of `fit`
  ctcalign export exp/2/best.ckpt -o best/               the same for a model of transformers

Needs the extra `export`, and that of the model: pip install 'ctcalign[export,hf]'.
{EXIT_STATUS}"""


@click.command("export", epilog=EPILOG)
@click.argument("model")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="NAME.onnx: an ONNX graph. NAME.safetensors, or FOLDER/ for models of transformers: the model of a "
    "checkpoint.",
)
@licence_option
@overwrite_option
@quiet_option
def command(model: str, output: str, allow_noncommercial: bool, overwrite: bool, quiet: bool) -> None:
    """Write a model as an ONNX graph, or the model of a checkpoint of `fit` in its own format.

    MODEL is hf:NAME, hf:FOLDER, torchaudio:BUNDLE, builtin:en, checkpoint:FILE or FILE. The graph takes waveforms of
    any length and contains its description. Use it as onnx:NAME.onnx, which gives the same alignments as MODEL.
    Before it is written, it is compared with torch on noise. If a log-probability differs by more than 0.001, it is
    not written (exit status 1).
    """
    require("torch", "safetensors", extra="export")
    from ctcalign.cli.console import note
    from ctcalign.models.training.registry import CHECKPOINT, split_name

    path = Path(output)
    family, argument = split_name(model)
    if path.exists() and not overwrite:
        raise OutputExistsError(output)
    if path.suffix.lower() == ".onnx":
        from ctcalign.models.onnx_export.export import export_onnx

        difference = export_onnx(f"{family}:{argument}", path, allow_noncommercial)
        if not quiet:
            note(f"log-probabilities differ from those of torch by at most {difference:.1g}")
    elif family == CHECKPOINT:
        from ctcalign.train.recogniser.export import export_checkpoint

        export_checkpoint(argument, path)
    else:
        raise UsageError(f"output: got {output}, expected NAME.onnx: only checkpoints have another format to write")
    click.echo(str(path))
