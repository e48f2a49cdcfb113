"""LibriSpeech as lhotse Shar: train, dev, test and test-other, in lower case, by lhotse's recipe for the corpus."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lhotse import CutSet
from lhotse.recipes import prepare_librispeech

from recipes.errors import one_line


def cuts_of(manifests: dict[str, Any], parts: list[str], longest: float) -> CutSet:
    """The utterances of some parts as one set, without those longer than `longest` seconds."""
    found = []
    for part in parts:
        if part not in manifests:
            raise SystemExit(f"{part}: lhotse found no such part of the corpus, only {sorted(manifests)}")
        cuts = CutSet.from_manifests(**manifests[part]).to_eager()
        found += [cut for cut in cuts if cut.duration <= longest]
        sys.stderr.write(f"{part}: {len(cuts)} utterances\n")
    return CutSet.from_cuts(found)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder LibriSpeech")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--train-parts", nargs="+", default=["train-clean-100", "train-clean-360", "train-other-500"])
    parser.add_argument("--longest", type=float, default=20.0, help="seconds of a training utterance")
    parser.add_argument("--shard-size", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=8)
    args = parser.parse_args(arguments)
    parts = {"train": args.train_parts, "dev": ["dev-clean"], "test": ["test-clean"], "test-other": ["test-other"]}
    corpus_parts = [name for names in parts.values() for name in names]
    manifests = prepare_librispeech(
        args.corpus,
        dataset_parts=corpus_parts,
        output_dir=args.out / "manifests",
        normalize_text="lower",
        num_jobs=args.jobs,
    )
    for part, names in parts.items():
        folder = args.out / part
        if folder.exists():
            continue
        cuts = cuts_of(manifests, names, args.longest if part == "train" else float("inf"))
        unfinished = args.out / f"{part}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        # The shards of a job hold consecutive cuts: mix the readers first.
        shuffled = cuts.shuffle(rng=random.Random(1)) if part == "train" else cuts
        shuffled.to_shar(unfinished, fields={"recording": "flac"}, shard_size=args.shard_size, num_jobs=args.jobs)
        os.replace(unfinished, folder)


if __name__ == "__main__":
    one_line(main)
