"""How many word errors the texts that objectives compare could avoid: greedy decoding, samples, and n-best texts.

python -m egs.mini_en.objectives.local.oracle --model exp/runs/NAME/model.safetensors --data exp/data --out FILE

Where the best of the texts is no better than the greedy one, a loss that compares them has nothing to prefer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import ctcalign
from ctcalign import ctc
from ctcalign.audio.cut_sources import check_sources
from ctcalign.edits import edit_distance
from ctcalign.files import atomic_write
from ctcalign.models.training.tokenizers import text_of
from recipes.awp.cuts import read_shar
from recipes.errors import one_line

SAMPLES = 5
NBEST = (4, 16)
GREEDY, SAMPLED = "greedy", f"{SAMPLES} samples"


def texts_of(model: Any, cut: Any, seed: int) -> dict[str, list[str]]:
    """The texts of a cut: greedy, of independent samples of the frames, and the best of a prefix beam search."""
    import torch

    check_sources(cut)
    audio = torch.from_numpy(cut.resample(model.sample_rate).load_audio())
    with torch.inference_mode():
        log_probs, lengths = model(audio, torch.tensor([audio.shape[1]]))
    log_probs, blank = log_probs[:, : int(lengths[0])].float(), model.vocabulary.blank

    def text(tokens: Iterable[int]) -> str:
        return " ".join(text_of(model.vocabulary, tokens).split())

    sampled = ctc.sample_paths(log_probs, SAMPLES, generator=torch.Generator().manual_seed(seed))[0]
    best = ctc.nbest(log_probs, max(NBEST), None, blank, max(NBEST))[0]
    return {
        GREEDY: [text(ctc.collapse(log_probs[0].argmax(-1), blank))],
        SAMPLED: [text(ctc.collapse(path, blank)) for path in sampled],
        **{f"{count}-best": [text(one.tokens) for one in best[:count]] for count in NBEST},
    }


def measure(model: Any, cuts: Iterable[Any], seed: int = 0) -> dict[str, dict[str, float]]:
    """Word error rates in parts of one: `mean` of the texts of a kind, and of the `best` text of each utterance."""
    words = 0
    mean: dict[str, float] = {}
    best: dict[str, int] = {}
    for number, cut in enumerate(cuts):
        reference = " ".join(one.text for one in cut.supervisions).split()
        words += len(reference)
        for kind, texts in texts_of(model, cut, seed + number).items():
            errors = [edit_distance(reference, text.split()) for text in texts] or [len(reference)]
            mean[kind] = mean.get(kind, 0.0) + sum(errors) / len(errors)
            best[kind] = best.get(kind, 0) + min(errors)
    return {kind: {"mean": mean[kind] / max(1, words), "best": best[kind] / max(1, words)} for kind in mean}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of Shar folders")
    parser.add_argument("--parts", nargs="+", default=["dev"])
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    args = parser.parse_args(arguments)
    model = ctcalign.load_model(f"checkpoint:{args.model}")
    found = {part: measure(model, read_shar(args.data / part)) for part in args.parts}
    with atomic_write(args.out) as stream:
        json.dump({"model": args.model.parent.name, "parts": found}, stream, indent=1)


if __name__ == "__main__":
    one_line(main)
