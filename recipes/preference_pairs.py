#!/usr/bin/env python3
"""Pairs for preference training from cuts and a model, as JSON lines (ctcalign.train.preference_examples tells how).

  preference_pairs.py --cuts data/train --model checkpoint:exp/base/model.safetensors --out pairs.jsonl
  preference_pairs.py ... --source sample --hypotheses 8 --reference-scores
  preference_pairs.py ... --source paths --property low_latency            alignments, better and worse
  preference_pairs.py ... --weights --worse checkpoint:weak.safetensors    weights of tokens for cdpo and treg
  preference_pairs.py ... --source labels --desirable-from -1 --undesirable-below -2
                                                     no pairs: texts of cuts by custom["score"] (or --field) as labels

A stopped run goes on where it was; what is dropped is counted by reason at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from preference_pair_maker import Maker

from ctcalign.errors import CtcAlignError
from ctcalign.preference.pairs_matching import PromptClassifier
from ctcalign.train.data.cuts import open_cuts
from ctcalign.train.preference.examples import Example, example_of, write_examples


def made(args: argparse.Namespace, part: Path) -> Iterator[dict[str, Any]]:
    """A record of each cut: those of the part file first, then the others, which are added to it."""
    done: set[str] = set()
    if part.exists():
        whole = part.read_bytes()
        whole = whole[: whole.rfind(b"\n") + 1]  # a line that a stop cut off
        part.write_bytes(whole)
        for line in whole.decode().splitlines():
            record = json.loads(line)
            done.add(record["id"])
            yield record
    maker: Maker | None = None
    with part.open("a", encoding="utf-8") as stream:
        for cut in open_cuts("--cuts", [str(one) for one in args.cuts]):
            if cut.id in done:
                continue
            maker = maker or Maker(args)
            examples, dropped, embedding = maker(cut)
            record = {"id": cut.id, "examples": [one.to_dict() for one in examples], "dropped": dict(dropped)}
            record |= {} if embedding is None else {"embedding": embedding}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            stream.flush()
            yield record


def part_of(args: argparse.Namespace) -> Path:
    """Where an unfinished run keeps what it has, another one for other options."""
    options = {name: str(value) for name, value in sorted(vars(args).items()) if name not in ("out", "device")}
    digest = hashlib.blake2b(json.dumps(options).encode(), digest_size=6).hexdigest()
    return args.out.with_name(f"{args.out.name}.{digest}.part")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=Path, nargs="+", required=True, help="Shar folders or manifests")
    parser.add_argument("--model", required=True, help="whose hypotheses they are, as ctcalign.load_model knows it")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--source", choices=["nbest", "sample", "paths", "labels"], default="nbest")
    parser.add_argument("--hypotheses", type=int, default=8)
    parser.add_argument("--beam", type=int, default=16)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--chosen", choices=["transcript", "best"], default="transcript")
    parser.add_argument("--rejected", choices=["worst", "best", "likeliest"], default="likeliest")
    parser.add_argument("--unit", choices=["words", "characters"], default="words")
    parser.add_argument("--pairs", type=int, default=1, help="of a cut at most")
    parser.add_argument("--together", type=int, default=1, help="rejected responses of a pair (2 or more: LOGO)")
    parser.add_argument("--least-gap", type=float, default=0.0, help="errors beyond the chosen one's, and more")
    parser.add_argument("--property", default="low_latency", help="of --source paths")
    parser.add_argument("--reference-scores", action="store_true", help="store the model's own scores of tokens")
    parser.add_argument("--weights", choices=["contrast", "edits"], help="store weights of tokens for cdpo and treg")
    parser.add_argument("--worse", help="a weaker model, for --weights contrast; without it the same one")
    parser.add_argument("--noise-snr", type=float, help="decibels of white noise that the worse one hears")
    parser.add_argument("--field", default="score", help="of --source labels: what of a cut's custom fields counts")
    parser.add_argument("--desirable-from", type=float, default=-1.0)
    parser.add_argument("--undesirable-below", type=float, default=-2.0)
    parser.add_argument(
        "--matching", action="store_true", help="with labels: probability that a cut is a desirable one"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    if args.weights == "contrast" and args.worse is None and args.noise_snr is None:
        parser.error("--weights contrast needs --worse, --noise-snr or both")
    return args


def main() -> None:
    args = parse()
    part = part_of(args)
    dropped: Counter[str] = Counter()
    examples: list[Example] = []
    embeddings: list[list[float]] = []
    cuts = 0
    for record in made(args, part):
        cuts += 1
        dropped.update(record["dropped"])
        for row in record["examples"]:
            examples.append(example_of(row))
            if "embedding" in record:
                embeddings.append(record["embedding"])
    if args.matching and examples:
        x, good = torch.tensor(embeddings), torch.tensor([one.chosen is not None for one in examples])
        chances = PromptClassifier.fitted(x, good).probability(x).tolist()
        examples = [replace(e, desirable_probability=round(p, 6)) for e, p in zip(examples, chances, strict=True)]
    count = write_examples(args.out, examples)
    part.unlink()
    left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(dropped.items())) or "nothing"
    sys.stderr.write(f"{args.out}: {count} examples of {cuts} cuts; left out: {left_out}\n")


if __name__ == "__main__":
    try:
        main()
    except CtcAlignError as error:
        raise SystemExit(f"preference_pairs: {error}") from None
