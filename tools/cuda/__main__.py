"""Check everything that can run on a GPU against the CPU; a page of figures.

    python -m tools.cuda --out FOLDER                      # all parts
    python -m tools.cuda --out FOLDER --parts maths models

A failed check does not stop the others. Exit status 1 if one failed.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path

import torch

from tools.cuda.rows import Row, markdown, write_rows

PARTS = ("maths", "models", "trainings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for PART.jsonl and PART.md")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="cpu: try the checks themselves")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--groups", nargs="+", type=int, default=[], help="of trainings; default: all")
    parser.add_argument("--jobs", type=int, default=6, help="trainings side by side")
    args = parser.parse_args()
    if args.device != "cpu" and not torch.cuda.is_available():
        raise SystemExit(f"--device {args.device}: torch {torch.__version__} finds no CUDA device")
    card = "CPU" if args.device == "cpu" else torch.cuda.get_device_name(args.device)
    about = f"{card}, torch {torch.__version__}, Python {platform.python_version()}"
    failed = 0
    for part in args.parts:
        rows: list[Row] = []
        if part == "maths":
            from tools.cuda import maths

            rows = list(maths.checks(args.device))
        elif part == "models":
            from tools.cuda import models

            rows = list(models.checks(args.device))
        else:
            from tools.cuda import groups

            with tempfile.TemporaryDirectory() as folder:
                rows = groups.checks(args.device, Path(folder), args.jobs, args.groups)
        write_rows(rows, args.out / f"{part}.jsonl")
        (args.out / f"{part}.md").write_text(markdown(rows, about), encoding="utf-8")
        failed += sum(not row.passed for row in rows)
    sys.stderr.write(f"{about}: {failed} checks failed\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
