#!/usr/bin/env python3
"""A small corpus: the bundled talk, twice."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

TALK = Path(__file__).parents[2] / "demo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    for name in ("monday", "tuesday"):
        (out / name).mkdir(parents=True, exist_ok=True)
        for file in ("talk.ogg", "talk.srt"):
            shutil.copyfile(TALK / file, out / name / file)


if __name__ == "__main__":
    main()
