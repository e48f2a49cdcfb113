"""Add word times and word scores from `ctcalign.align` to the cuts of a Shar folder.

Each utterance is aligned to its text on its own. Words that could not be placed, and utterances whose text does not
fit, keep no times: they are counted here and excluded from latency later, never dropped.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import soundfile as sf

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.audio.cut_sources import check_sources
from ctcalign.errors import CaptionError
from recipes.awp.cuts import SAMPLE_RATE, read_shar, write_shar
from recipes.errors import one_line

# Score of a word that was not placed: below every threshold on mean log-probs.
UNPLACED = -1e9


def aligned(cut: Any, model: Any, folder: Path) -> bool:
    """Write word times into the cut's supervision; False when its text does not fit its audio."""
    from lhotse.supervision import AlignmentItem

    supervision = cut.supervisions[0]
    file = folder / "utterance.wav"
    check_sources(cut)
    sf.write(file, cut.load_audio()[0], SAMPLE_RATE, subtype="FLOAT")
    try:
        found = ctcalign.align(file, [supervision.text], model=model, options=AlignOptions(unwritten=False, skips=None))
    except CaptionError:
        return False
    items = []
    for word in found.cues[0].words:
        span = word.span
        if span is None or word.score is None:
            items.append(AlignmentItem(word.text, 0.0, 0.0, UNPLACED))
        else:
            items.append(AlignmentItem(word.text, round(span.start, 6), round(span.duration, 6), round(word.score, 4)))
    supervision.alignment = {"word": items}
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shar", type=Path, required=True, help="folder of cuts with text")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; may be that of --shar")
    parser.add_argument("--model", default="builtin:en", help="an accurate offline model")
    parser.add_argument("--device", default="auto")
    args = parser.parse_args(arguments)
    model = ctcalign.load_model(args.model, args.device)
    failed = 0
    words: list[float] = []

    def cuts(folder: Path) -> Iterator[Any]:
        nonlocal failed
        for cut in read_shar(args.shar):
            failed += not aligned(cut, model, folder)
            items = (cut.supervisions[0].alignment or {}).get("word", [])
            words.extend(item.score for item in items)
            yield cut

    with tempfile.TemporaryDirectory() as folder:
        count = write_shar(cuts(Path(folder)), args.out)
    placed = sorted(score for score in words if score > UNPLACED)
    deciles = [round(placed[len(placed) * k // 10], 2) for k in range(10)] if placed else []
    sys.stderr.write(
        f"{args.out.name}: {count} utterances, {failed} not aligned; {len(words)} words, "
        f"{len(words) - len(placed)} not placed; deciles of the score {deciles}\n"
    )


if __name__ == "__main__":
    one_line(main)
