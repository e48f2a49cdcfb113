"""`ctcalign models`."""

from __future__ import annotations

import click


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(as_json: bool) -> None:
    """List the models with language, licence, size, frame shift and requirements."""
    from ctcalign.cli.console import print_json, table_console
    from ctcalign.models import list_models

    cards = list_models()
    if as_json:
        from dataclasses import asdict

        print_json([asdict(card) | {"noncommercial": card.noncommercial, "needs": card.needs} for card in cards])
        return

    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("model", "language", "licence", "parameters", "size", "frame", "needs"):
        right = heading in ("parameters", "size", "frame")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for card in cards:
        cells = (
            card.name,
            card.language,
            card.licence,
            f"{card.parameters / 1e6:.1f} M" if card.parameters else "",
            f"{card.megabytes:.0f} MB" if card.megabytes else "",
            f"{1000 * card.frame_shift:.0f} ms" if card.frame_shift else "",
            card.needs,
        )
        table.add_row(*map(Text, cells))
    table_console(160).print(table)  # without a terminal: wide enough for one line a model
