"""Read speech from tars with manifests, written as lhotse Shar: train, dev (some of the training speakers) and test.

Rows of the manifests: path (in the tar), text_norm or text, speaker. Test is the whole of --test, whose speakers must
not be in --train. Utterances with more than `--most-characters` a second are skipped, because their text must be wrong,
and counted.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from recipes.awp.cuts import SAMPLE_RATE, speech_cut, write_shar
from recipes.errors import one_line
from recipes.manifests import read_member, read_rows


def plain(text: str) -> str:
    """Lower case, letters and apostrophes, single spaces."""
    return " ".join(re.sub(r"[^a-z']+", " ", text.lower()).split())


def cuts(rows: list[dict[str, Any]], tar: Path, most_characters: float, skipped: list[str]) -> Iterator[Any]:
    import soxr

    with tarfile.open(tar) as archive:
        for row in rows:
            samples, rate = sf.read(io.BytesIO(read_member(archive, row["path"])), dtype="float32", always_2d=True)
            mono = samples.mean(1)
            if rate != SAMPLE_RATE:
                mono = soxr.resample(mono, rate, SAMPLE_RATE)
            text, name = plain(row["text"]), Path(row["path"]).with_suffix("").as_posix()
            if not text or len(text) > most_characters * len(mono) / SAMPLE_RATE:
                skipped.append(name)
                continue
            yield speech_cut(name.replace("/", "-"), np.asarray(mono, np.float32), [], text, str(row["speaker"]))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True, help="manifest; its tar has the same name with .tar")
    parser.add_argument("--test", type=Path, required=True, help="manifest of the test part, the same")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dev-speakers", type=int, default=20, help="speakers of --train kept for dev")
    parser.add_argument(
        "--most-characters", type=float, default=24.0, help="a second; faster utterances have a wrong text"
    )
    parser.add_argument("--utterances", type=int, help="use the first N of each part only (for trials)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    rows, test = read_rows(args.train), read_rows(args.test)
    speakers = sorted({row["speaker"] for row in rows})
    shared = set(speakers) & {row["speaker"] for row in test}
    if shared:
        raise SystemExit(f"speakers are both in train and test: {sorted(shared)[:5]}; their speakers must be disjoint")
    if not 0 < args.dev_speakers < len(speakers):
        raise SystemExit(f"--dev-speakers: got {args.dev_speakers}, expected 1 to {len(speakers) - 1}")
    chosen = set(np.random.default_rng(args.seed).permutation(speakers)[: args.dev_speakers].tolist())
    parts = {
        "train": ([row for row in rows if row["speaker"] not in chosen], args.train),
        "dev": ([row for row in rows if row["speaker"] in chosen], args.train),
        "test": (test, args.test),
    }
    for part, (its, manifest) in parts.items():
        skipped: list[str] = []
        made = cuts(its[: args.utterances], manifest.with_suffix(".tar"), args.most_characters, skipped)
        count = write_shar(made, args.out / part)
        sys.stderr.write(f"{part}: {count} utterances, {len(skipped)} skipped {skipped[:3]}\n")


if __name__ == "__main__":
    one_line(main)
