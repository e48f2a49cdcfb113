"""Read speech from a tar with its manifest, written as lhotse Shar: train, and dev of every n-th text.

With `--georgian` every letter is replaced by one of the Georgian alphabet, of which a model of another script knows
nothing: the same words in other letters.
"""

from __future__ import annotations

import argparse
import io
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

_FIRST, _GEORGIAN = 0x10D0, 33  # U+10D0 is its first letter


def cuts(rows: list[dict[str, Any]], tar: Path) -> Iterator[Any]:
    import soxr

    with tarfile.open(tar) as archive:
        for row in rows:
            samples, rate = sf.read(io.BytesIO(read_member(archive, row["path"])), dtype="float32", always_2d=True)
            mono = samples.mean(1)
            if rate != SAMPLE_RATE:
                mono = soxr.resample(mono, rate, SAMPLE_RATE)
            name = Path(row["path"]).with_suffix("").as_posix().replace("/", "-")
            yield speech_cut(name, np.asarray(mono, np.float32), [], row["text"], str(row["speaker"]))


def in_georgian(texts: list[str]) -> dict[int, int]:
    """A table for `str.translate` that maps the characters of texts to letters of the Georgian alphabet."""
    characters = sorted(set("".join(texts)) - {" "})
    if len(characters) > _GEORGIAN:
        raise SystemExit(f"--georgian: the texts have {len(characters)} characters, and there are {_GEORGIAN} letters")
    return {ord(character): _FIRST + number for number, character in enumerate(characters)}


def parts_of(rows: list[dict[str, Any]], every: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of train and dev; no text of dev is in train."""
    texts = sorted({row["text"] for row in rows})
    dev = set(texts[every - 1 :: every])
    return {"train": [r for r in rows if r["text"] not in dev], "dev": [r for r in rows if r["text"] in dev]}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, required=True, help="JSON lines; its tar has the same name with .tar")
    parser.add_argument("--out", type=Path, required=True, help="gets the folders train and dev, and train.txt")
    parser.add_argument("--every", type=int, default=36, help="every n-th text is of dev, n > 1")
    parser.add_argument("--georgian", action="store_true", help="write the texts in Georgian letters")
    args = parser.parse_args(arguments)
    listed = read_rows(args.manifest)
    parts = parts_of(listed, args.every)
    if args.georgian:
        table = in_georgian([row["text"] for row in listed])
        parts = {part: [{**r, "text": r["text"].translate(table)} for r in rows] for part, rows in parts.items()}
    for part, rows in parts.items():
        count = write_shar(cuts(rows, args.manifest.with_suffix(".tar")), args.out / part)
        sys.stderr.write(f"{part}: {count} utterances\n")
        (args.out / f"{part}.txt").write_text("".join(f"{row['text']}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    one_line(main)
