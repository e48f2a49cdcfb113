"""Write synthetic speech as lhotse Shar: sentences and voices of mini_en, a folder for each synthesiser.

python -m egs.robust_en.local.synthesise --texts exp/texts.jsonl --engine hibari --hours 6 --out exp/data/hibari
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from egs.mini_en.local.engines import ENGINES
from egs.mini_en.local.shards import SAMPLE_RATE
from egs.mini_en.local.synthesise import sentences, utterances
from recipes.awp.cuts import speech_cut, write_shar
from recipes.errors import one_line


def spoken(engine: str, seed: int, texts: Path, hours: float) -> Iterator[Any]:
    """Cuts of one synthesiser until they last `hours`."""
    seconds = 0.0
    for place, made in enumerate(utterances(engine, seed, sentences(texts))):
        if seconds >= hours * 3600:
            return
        if made is None:
            continue
        wave, text, voice, _ = made
        seconds += len(wave) / SAMPLE_RATE
        yield speech_cut(f"{engine}-{seed}-{place:06d}", wave, [], text, voice.speaker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="of egs/mini_en/local/texts.py")
    parser.add_argument("--engine", choices=sorted(ENGINES), required=True)
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if not args.out.is_dir():
        count = write_shar(spoken(args.engine, args.seed, args.texts, args.hours), args.out)
        sys.stderr.write(f"{args.out.name}: {count} utterances\n")


if __name__ == "__main__":
    one_line(main)
