"""`ctcalign plot`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("plot")
@click.argument("audio")
@click.argument("alignment")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture: .png, .svg or .pdf.  "
              "[default: the name of ALIGNMENT with .png, in this folder]")  # fmt: skip
@click.option("--start", default=0.0, show_default=True, help="Second at which the picture begins.")
@click.option("--end", type=float, help="Second at which it ends.  [default: the end of the recording]")
@click.option("--row", default=12.0, show_default=True, help="Seconds in one row of the picture.")
@click.option("--model", help="Draw what this model heard too, with the path of the aligned symbols.")
@click.option("--channel", default="mix", show_default=True, help="mix, or the number of a channel from 0.")
@click.option("--allow-noncommercial", is_flag=True, help="Accept a model whose licence forbids commercial use.")
@click.option("--overwrite", is_flag=True, help="Replace the picture when it is there.")
def command(
    audio: str,
    alignment: str,
    output: Path | None,
    start: float,
    end: float | None,
    row: float,
    model: str | None,
    channel: str,
    allow_noncommercial: bool,
    overwrite: bool,
) -> None:
    """Draw AUDIO with the words and captions of ALIGNMENT (our JSON, or any caption file with times).

    \b
      ctcalign plot talk.mp4 talk.json                         the whole talk as talk.png
      ctcalign plot talk.mp4 talk.json --start 60 --end 90 \\
               --model builtin:en -o minute.svg                what the model heard, too

    Grey is what nobody speaks, red what could not be placed, orange what the aligner is not sure of; hatched is speech
    that no caption covers.
    """
    from ctcalign.cli.console import note, warn
    from ctcalign.report.pictures.draw import draw

    target = output or Path(Path(alignment).stem or "alignment").with_suffix(".png")
    heard = None
    if model is not None:
        from ctcalign.models import load_model

        heard = load_model(model, allow_noncommercial=allow_noncommercial)
    selected = int(channel) if channel.isdigit() else channel
    warn(
        draw(
            audio,
            alignment,
            target,
            start=start,
            end=end,
            row_seconds=row,
            model=heard,
            channel=selected,
            overwrite=overwrite,
        )
    )
    note(f"wrote {target}")
