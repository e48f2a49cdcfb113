"""Write the rows of a model that trainings start from as a run of its own, so that tables show it beside them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from recipes.awp.untrained import add_options, write_run
from recipes.errors import one_line


def main(arguments: Sequence[str] | None = None) -> None:
    import ctcalign
    from ctcalign.models.training.registry import open_trainable

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="as model.init of the plan names it")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs' folders")
    add_options(parser)
    args = parser.parse_args(arguments)
    folder = args.runs / "start"
    folder.mkdir(parents=True, exist_ok=True)
    model = ctcalign.load_model(args.model)
    look_ahead = open_trainable(args.model).look_ahead
    write_run(folder, model, look_ahead, "start", "", args)


if __name__ == "__main__":
    one_line(main)
