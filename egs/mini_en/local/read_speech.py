"""Turn recorded read speech into training or test shards.

python -m egs.mini_en.local.read_speech --manifest train.jsonl --tar train.tar --out feats/real
    ... --cuts exp/librispeech_cuts.jsonl.gz --out feats/real      cuts made by lhotse's recipes
    ... --truth dev/ljspeech_long --out feats/dev-lj               the clips of a long recording
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from ctcalign.audio.cut_sources import check_sources
from egs.mini_en.local.shards import SAMPLE_RATE, ShardWriter
from recipes.errors import one_line
from recipes.manifests import read_rows

Utterance = tuple[np.ndarray, str, str, str]  # samples at 16 kHz, text, speaker, source


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z' ]+", " ", text.lower().replace("\u2019", "'")).split())


def _samples(file: io.BytesIO | Path) -> np.ndarray:
    samples, rate = sf.read(file, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    return mono if rate == SAMPLE_RATE else soxr.resample(mono, rate, SAMPLE_RATE)


def from_tar(manifest: Path, tar: Path) -> Iterator[Utterance]:
    rows = {row["path"]: row for row in read_rows(manifest)}
    with tarfile.open(tar) as archive:
        for member in archive:
            row = rows.get(member.name)
            if row is None:
                continue
            file = archive.extractfile(member)
            if file is not None:
                text = plain(row["text"])
                yield _samples(io.BytesIO(file.read())), text, row["speaker"], row.get("corpus", "digits")


def from_cuts(path: Path) -> Iterator[Utterance]:
    from lhotse import CutSet

    for cut in CutSet.from_file(path.absolute()):
        check_sources(cut)
        for part in cut.trim_to_supervisions():
            supervision = part.supervisions[0]
            samples = part.resample(SAMPLE_RATE).load_audio()[0]
            yield samples, plain(supervision.text or ""), supervision.speaker or cut.id, cut.recording.id.split("-")[0]


def from_truth(folder: Path) -> Iterator[Utterance]:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    samples = _samples(folder / truth["audio"])
    for row in truth["utterances"]:
        first, last = (int(row.get(f"clip_{edge}", row[edge]) * SAMPLE_RATE) for edge in ("start", "end"))
        yield samples[first:last], plain(row["text_norm"]), str(row.get("speaker")), folder.name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--tar", type=Path)
    parser.add_argument("--cuts", type=Path)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="path of the shard without its extension")
    args = parser.parse_args()
    if Path(f"{args.out}.jsonl").exists():
        return
    if args.tar:
        utterances = from_tar(args.manifest, args.tar)
    else:
        utterances = from_cuts(args.cuts) if args.cuts else from_truth(args.truth)
    writer = ShardWriter(args.out)
    for samples, text, speaker, source in utterances:
        if text:
            writer.add(samples, text, speaker, source)
    writer.close()
    print(f"{args.out.name}: {writer.hours:.2f} h, {len(writer.rows)} utterances")


if __name__ == "__main__":
    one_line(main)
