"""Real speech of the bench as lhotse Shar, and all training speech in one folder.

python -m egs.mini_en.objectives.local.prepare --corpus DATA --out exp/plain      train-real, read, lj, reader_b
python -m egs.mini_en.objectives.local.prepare --join exp/plain/train-* --out exp/data/train
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from egs.robust_en.local.prepare import of_manifest, of_truth
from recipes.awp.cuts import read_shar, write_shar
from recipes.errors import one_line

MANIFESTS = {"train-real": "read_en/train.jsonl", "read": "read_en/dev.jsonl"}
RECORDINGS = {"lj": "dev/ljspeech_long", "reader_b": "dev/reader_b_long"}


def real(corpus: Path, out: Path, most: int | None) -> None:
    """Write the parts that are not there yet; the first `most` utterances of each manifest only."""
    skipped: list[str] = []
    made = {name: lambda file=file: of_manifest(corpus / file, "", most, skipped) for name, file in MANIFESTS.items()}
    made |= {name: lambda folder=folder: of_truth(corpus / folder) for name, folder in RECORDINGS.items()}
    for name, cuts in made.items():
        if not (out / name).is_dir():
            skipped.clear()
            count = write_shar(cuts(), out / name)
            sys.stderr.write(f"{name}: {count} utterances, {len(skipped)} skipped {skipped[:3]}\n")


def joined(folders: Sequence[Path]) -> Iterator[Any]:
    """The cuts of all folders in one order that mixes them, without the times of words, which training does not use."""
    cuts = [cut for folder in folders for cut in read_shar(folder)]
    for place in np.random.default_rng(1).permutation(len(cuts)):
        cuts[place].supervisions[0].alignment = None
        yield cuts[place]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--corpus", type=Path, help="folder with read_en and dev")
    what.add_argument("--join", type=Path, nargs="+", help="Shar folders of training speech")
    parser.add_argument("--utterances", type=int, help="the first N of each manifest only (for trials)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    if args.join:
        if not args.out.is_dir():
            write_shar(joined(args.join), args.out)
    else:
        real(args.corpus, args.out, args.utterances)


if __name__ == "__main__":
    one_line(main)
