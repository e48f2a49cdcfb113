"""Sums of two numbers with right and wrong answers, and a tiny language model to be trained on them.

Training, dev and test problems are disjoint. Each problem has two wrong answers: one with a changed digit, one without
the carry (or with another changed digit if there is no carry). Writes train.jsonl, dev.jsonl, test.jsonl and the
folder start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ctcalign.train.preference.examples import Example, Response, write_examples
from recipes.errors import one_line
from recipes.preference.language_model import write_language_model


def without_carry(a: int, b: int) -> int:
    """The sum of each pair of digits modulo 10."""
    found, place = 0, 1
    while a or b:
        found += (a % 10 + b % 10) % 10 * place
        a, b, place = a // 10, b // 10, 10 * place
    return found


def changed(text: str, rng: np.random.Generator, others: set[str]) -> str:
    """The text with one random digit changed, different from all `others`."""
    while True:
        place = int(rng.integers(len(text)))
        found = text[:place] + str(int(rng.integers(10))) + text[place + 1 :]
        if found not in others:
            return found


def example(a: int, b: int, rng: np.random.Generator) -> Example:
    right = str(a + b)
    lost = str(without_carry(a, b))
    first = changed(right, rng, {right, lost})
    second = lost if lost != right else changed(right, rng, {right, first})
    return Example(f"{a}+{b}=", Response(right), (Response(first), Response(second)))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--problems", type=int, nargs=3, default=[2500, 500, 2000], help="of train, dev and test")
    parser.add_argument("--most", type=int, default=99, help="the largest summand")
    parser.add_argument("--dim", type=int, default=96)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    rng = np.random.default_rng(args.seed)
    every = (args.most + 1) ** 2
    if sum(args.problems) > every:
        raise SystemExit(f"--problems: {sum(args.problems)} of only {every} sums up to {args.most} + {args.most}")
    drawn = rng.permutation(every)[: sum(args.problems)].tolist()
    args.out.mkdir(parents=True, exist_ok=True)
    begin = 0
    for part, count in zip(("train", "dev", "test"), args.problems, strict=True):
        rows = [example(*divmod(number, args.most + 1), rng) for number in drawn[begin : begin + count]]
        sys.stderr.write(f"{part}: {write_examples(args.out / f'{part}.jsonl', rows, 'prompt')} sums\n")
        begin += count
    write_language_model(args.out / "start", "0123456789+=", dim=args.dim, layers=args.layers, positions=32)


if __name__ == "__main__":
    one_line(main)
