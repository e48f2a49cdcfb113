"""Write speech as lhotse Shar: utterances of a manifest with its tar, or the clips of a long recording with its truth.

python -m egs.robust_en.local.prepare --manifest train.jsonl --out exp/data/train
python -m egs.robust_en.local.prepare --manifest dev.jsonl --corpus "LibriSpeech dev-clean" --out exp/data/dev-clean
python -m egs.robust_en.local.prepare --truth ljspeech_long --out exp/data/lj
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from egs.mini_en.local.read_speech import from_truth
from egs.read_en.awp.local.prepare import cuts
from recipes.awp.cuts import speech_cut, write_shar
from recipes.errors import one_line
from recipes.manifests import read_rows


def of_truth(folder: Path) -> Iterator[Any]:
    for number, (samples, text, speaker, source) in enumerate(from_truth(folder)):
        yield speech_cut(f"{source}-{number:04d}", np.asarray(samples, np.float32), [], text, speaker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--manifest", type=Path, help="its tar has the same name with .tar")
    source.add_argument("--truth", type=Path, help="folder of a long recording with truth.json")
    parser.add_argument("--corpus", help="only rows whose corpus contains this")
    parser.add_argument("--most-characters", type=float, default=24.0, help="a second; faster texts must be wrong")
    parser.add_argument("--utterances", type=int, help="the first N only (for trials)")
    parser.add_argument("--seed", type=int, default=1, help="of the order, which mixes speakers")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.out.is_dir():
        return
    skipped: list[str] = []
    if args.truth:
        made = of_truth(args.truth)
    else:
        rows = [row for row in read_rows(args.manifest) if args.corpus is None or args.corpus in row.get("corpus", "")]
        order = np.random.default_rng(args.seed).permutation(len(rows))[: args.utterances]
        made = cuts([rows[place] for place in order], args.manifest.with_suffix(".tar"), args.most_characters, skipped)
    count = write_shar(made, args.out)
    sys.stderr.write(f"{args.out.name}: {count} utterances, {len(skipped)} skipped {skipped[:3]}\n")


if __name__ == "__main__":
    one_line(main)
