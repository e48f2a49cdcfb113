#!/usr/bin/env python3
"""Sums of two numbers with right and wrong answers, and a tiny language model that is to learn them.

Training, dev and test problems are apart. Each problem has two wrong answers: one digit changed, and the carry lost (or
another changed digit where there is none). Writes train.jsonl, dev.jsonl, test.jsonl and the folder start.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "recipes"))
from preference_language_model import write_language_model

from ctcalign.train.preference.examples import Example, Response, write_examples


def without_carry(a: int, b: int) -> int:
    """The sum digit by digit, what goes beyond nine lost."""
    found, place = 0, 1
    while a or b:
        found += (a % 10 + b % 10) % 10 * place
        a, b, place = a // 10, b // 10, 10 * place
    return found


def changed(text: str, rng: np.random.Generator, others: set[str]) -> str:
    """The text with one digit changed to another, such that it is none of the others."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--problems", type=int, nargs=3, default=[2500, 500, 2000], help="of train, dev and test")
    parser.add_argument("--most", type=int, default=99, help="the largest number that is added")
    parser.add_argument("--dim", type=int, default=96)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
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
    main()
