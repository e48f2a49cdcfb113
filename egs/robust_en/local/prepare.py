"""Write the training and test sets as lhotse Shar, those that are not there yet.

python -m egs.robust_en.local.prepare --corpus DATA --out exp/data
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

# Name of each set, its manifest below the corpus, and what the corpus of its rows contains.
MANIFESTS = (
    ("train-read", "read_en/train.jsonl", ""),
    ("train-more", "read_more/en/train.jsonl", ""),
    ("clean", "read_en/dev.jsonl", "LibriSpeech dev-clean"),
    ("other", "read_en/dev.jsonl", "LibriSpeech test-other"),
    ("learners", "read_en/dev.jsonl", "speechocean762"),
    ("more", "read_more/en/dev.jsonl", ""),
)
# Long recordings, whose clips are utterances.
TRUTHS = (("lj", "dev/ljspeech_long"), ("reader_b", "dev/reader_b_long"), ("digits", "dev/digits_long"))
# Characters a second; faster texts must be wrong.
MOST_CHARACTERS = 24.0


def of_manifest(manifest: Path, corpus: str, most: int | None, skipped: list[str]) -> Iterator[Any]:
    """Cuts of the rows of a corpus, in an order that mixes speakers, the first `most` only."""
    rows = [row for row in read_rows(manifest) if corpus in row.get("corpus", "")]
    order = np.random.default_rng(1).permutation(len(rows))[:most]
    return cuts([rows[place] for place in order], manifest.with_suffix(".tar"), MOST_CHARACTERS, skipped)


def of_truth(folder: Path) -> Iterator[Any]:
    """Cuts of the clips of a long recording."""
    for number, (samples, text, speaker, source) in enumerate(from_truth(folder)):
        yield speech_cut(f"{source}-{number:04d}", np.asarray(samples, np.float32), [], text, speaker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--utterances", type=int, help="the first N of each manifest only (for trials)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    skipped: list[str] = []
    sets = [
        (name, lambda manifest=manifest, kept=kept: of_manifest(args.corpus / manifest, kept, args.utterances, skipped))
        for name, manifest, kept in MANIFESTS
    ]
    sets += [(name, lambda folder=folder: of_truth(args.corpus / folder)) for name, folder in TRUTHS]
    for name, made in sets:
        if (args.out / name).is_dir():
            continue
        skipped.clear()
        count = write_shar(made(), args.out / name)
        sys.stderr.write(f"{name}: {count} utterances, {len(skipped)} skipped {skipped[:3]}\n")


if __name__ == "__main__":
    one_line(main)
