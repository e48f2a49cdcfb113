"""Single takes of spoken digits as they are, without noise, written as a lhotse Shar folder with word times."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ctcalign.metrics import TimedWord
from egs.digits.awp.local.prepare import read_clips
from recipes.awp.cuts import speech_cut, write_shar
from recipes.errors import one_line


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=Path, required=True, help="folder with manifest.jsonl and a tar")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    cuts = (
        speech_cut(
            f"{clip.speaker}-{clip.text}-{clip.take}",
            clip.samples,
            [TimedWord(clip.text, clip.start, clip.end)],
            clip.text,
            clip.speaker,
        )
        for clip in read_clips(args.takes)
    )
    sys.stderr.write(f"{args.out.name}: {write_shar(cuts, args.out)} takes\n")


if __name__ == "__main__":
    one_line(main)
