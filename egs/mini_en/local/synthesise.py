"""Synthesise sentences and write training shards; each shard is a job that can be restarted.

  python -m egs.mini_en.local.synthesise --texts texts.jsonl --engine hibari --shards 0-9 --hours 0.5 --out feats

Shard n of an engine is reproducible: texts, voices and warps are drawn with the seed (engine, n).
"""

from __future__ import annotations

import argparse
import random
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from ctcalign.files import read_json_lines
from egs.mini_en.local.engines import ENGINES, Spoken
from egs.mini_en.local.shards import SAMPLE_RATE, ShardWriter
from recipes.errors import one_line

SOURCE_WEIGHTS = {
    "wordnet-example": 0.28,
    "austen": 0.30,
    "wordnet-gloss": 0.14,
    "bible": 0.12,
    "words": 0.08,
    "numbers": 0.08,
}


def finish(spoken: Spoken, rng: random.Random) -> tuple[np.ndarray, list[tuple[str, float]]]:
    """Resample to 16 kHz (a warp other than 1 shifts pitch and formants together), trim, pad with random silence."""
    rate = spoken.rate * spoken.warp
    wave = soxr.resample(spoken.samples.astype(np.float32), rate, SAMPLE_RATE, quality="HQ")
    phones = [(phone, end / spoken.warp) for phone, end in spoken.phones]
    peak = np.abs(wave).max() or 1.0
    loud = np.flatnonzero(np.abs(wave) > 0.01 * peak)
    first, last = max(0, int(loud[0]) - 800), min(len(wave), int(loud[-1]) + 1600)
    before, after = (int(rng.uniform(0.05, 0.5) * SAMPLE_RATE) for _ in range(2))
    gain = 10 ** (rng.uniform(-12, 0) / 20) * 0.5 / peak
    wave = np.concatenate([np.zeros(before), wave[first:last] * gain, np.zeros(after)]).astype(np.float32)
    shift = (before - first) / SAMPLE_RATE
    limit = (before + last - first) / SAMPLE_RATE
    return wave, [(phone, min(end + shift, limit)) for phone, end in phones]


def sentences(path: Path) -> dict[str, list[dict[str, str]]]:
    """The rows of a file of texts by their source."""
    texts: dict[str, list[dict[str, str]]] = {}
    for row in read_json_lines(path):
        texts.setdefault(row["source"], []).append(row)
    return texts


def utterances(
    engine_name: str, number: int, texts: dict[str, list[dict[str, str]]], engine: Any = None
) -> Iterator[tuple[np.ndarray, str, Spoken, list[tuple[str, float]]] | None]:
    """Without end: (samples at 16 kHz, text, what was spoken, phones and their ends); None: a skipped sentence.

    Args:
        engine: an object of the engine of that name; None: one with its defaults.
    """
    rng = random.Random(zlib.crc32(f"{engine_name}/{number}".encode()))
    engine = engine or ENGINES[engine_name]()
    names = [name for name in SOURCE_WEIGHTS if texts.get(name)]
    weights = [SOURCE_WEIGHTS[name] for name in names]
    while True:
        batch = [rng.choice(texts[rng.choices(names, weights)[0]]) for _ in range(32)]
        for item, spoken in zip(batch, engine.speak([row["raw"] for row in batch], rng), strict=True):
            if spoken is None or len(spoken.samples) < 0.3 * spoken.rate or not np.any(spoken.samples):
                yield None
                continue
            wave, phones = finish(spoken, rng)
            if len(wave) > 18 * SAMPLE_RATE or len(wave) < 160 * 4 * len(item["text"]):
                yield None  # too long for a batch, or too fast for CTC
                continue
            yield wave, item["text"], spoken, phones


def make_shard(engine_name: str, number: int, texts: dict[str, list[dict[str, str]]], hours: float, out: Path) -> None:
    stem = out / f"{engine_name}-{number:03d}"
    if Path(f"{stem}.jsonl").exists():
        return
    writer = ShardWriter(stem)
    began = time.time()
    skipped = 0
    # A batch that has begun is written to its end.
    for place, made in enumerate(utterances(engine_name, number, texts)):
        if place % 32 == 0 and writer.hours >= hours:
            break
        if made is None:
            skipped += 1
            continue
        wave, text, spoken, phones = made
        writer.add(wave, text, spoken.speaker, engine_name, phones or None)
    writer.close()
    took = time.time() - began
    print(
        f"{stem.name}: {writer.hours:.2f} h, {len(writer.rows)} utterances, {skipped} skipped, {took:.0f} s "
        f"({writer.hours * 3600 / took:.0f} x real time)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--engine", choices=sorted(ENGINES), required=True)
    parser.add_argument("--shards", default="0-0", help="first-last, both included")
    parser.add_argument("--hours", type=float, default=0.5, help="hours of speech in one shard")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    first, last = (int(x) for x in args.shards.split("-"))
    texts = sentences(args.texts)
    for number in range(first, last + 1):
        make_shard(args.engine, number, texts, args.hours, args.out)


if __name__ == "__main__":
    one_line(main)
