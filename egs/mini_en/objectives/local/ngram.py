"""An n-gram model of words in ARPA format, from the texts of the training speech.

python -m egs.mini_en.objectives.local.ngram --texts exp/texts.jsonl --without exp/data/{dev,test} --out exp/words.arpa

Witten-Bell smoothing, interpolated (Witten and Bell 1991; Chen and Goodman 1998). A history h was followed c(h) times
by t(h) different words: p(w | h) = (c(h w) + t(h) p(w | h')) / (c(h) + t(h)), where h' is h without its first word.
Below the unigrams every word is as likely. In the back-off form of ARPA the weight of h is t(h) / (c(h) + t(h)).
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ctcalign.files import atomic_write, read_json_lines
from recipes.awp.cuts import read_shar
from recipes.errors import one_line

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
Gram = tuple[str, ...]


def counts(texts: Iterable[str], order: int) -> list[Counter[Gram]]:
    """Counts of the n-grams of each length, 1 to `order`; <s> is counted as part of longer ones only."""
    found: list[Counter[Gram]] = [Counter() for _ in range(order)]
    for text in texts:
        words = [START, *text.split(), END]
        for end in range(1, len(words)):
            for length in range(1, min(order, end + 1) + 1):
                found[length - 1][tuple(words[end - length + 1 : end + 1])] += 1
    return found


def probabilities(found: Sequence[Counter[Gram]]) -> tuple[list[dict[Gram, float]], dict[Gram, float]]:
    """Probabilities of the n-grams of each length, and the back-off weights of histories."""
    vocabulary = len(found[0]) + 1  # and <unk>
    total, kinds = sum(found[0].values()), len(found[0])
    uniform = kinds / (total + kinds) / vocabulary
    made: list[dict[Gram, float]] = [{gram: n / (total + kinds) + uniform for gram, n in found[0].items()}]
    made[0][(UNKNOWN,)] = uniform
    weights: dict[Gram, float] = {}
    for length in range(1, len(found)):
        followed: Counter[Gram] = Counter()
        different: Counter[Gram] = Counter()
        for gram, n in found[length].items():
            followed[gram[:-1]] += n
            different[gram[:-1]] += 1
        for history, t in different.items():
            weights[history] = t / (followed[history] + t)
        made.append(
            {
                gram: n / (followed[gram[:-1]] + different[gram[:-1]]) + weights[gram[:-1]] * made[length - 1][gram[1:]]
                for gram, n in found[length].items()
            }
        )
    return made, weights


def write_arpa(path: Path, made: Sequence[dict[Gram, float]], weights: dict[Gram, float]) -> None:
    """Write the model, whole or not at all."""
    with atomic_write(path, fsync=False) as stream:
        sizes = [len(grams) for grams in made]
        sizes[0] += 1  # <s>
        stream.write("\\data\\\n" + "".join(f"ngram {n}={size}\n" for n, size in enumerate(sizes, 1)))
        for number, grams in enumerate(made, 1):
            stream.write(f"\n\\{number}-grams:\n")
            if number == 1:
                stream.write(f"-99\t{START}\t{_log10(weights.get((START,), 1.0))}\n")
            for gram, p in sorted(grams.items()):
                back = f"\t{_log10(weights[gram])}" if gram in weights else ""
                stream.write(f"{_log10(p)}\t{' '.join(gram)}{back}\n")
        stream.write("\n\\end\\\n")


def _log10(p: float) -> str:
    return f"{math.log10(p):.6f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="of egs/mini_en/local/texts.py")
    parser.add_argument("--without", type=Path, nargs="*", default=[], help="Shar folders whose texts are left out")
    parser.add_argument("--order", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    heard = {one.text for folder in args.without for cut in read_shar(folder) for one in cut.supervisions}
    texts = [row["text"] for row in read_json_lines(args.texts) if row["text"] not in heard]
    if not texts:
        raise SystemExit(f"--texts: no text of {args.texts} is left; all are in the folders of --without")
    write_arpa(args.out, *probabilities(counts(texts, args.order)))


if __name__ == "__main__":
    one_line(main)
