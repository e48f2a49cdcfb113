"""Collect English sentences that are read as they are spelled: letters and apostrophes only, once normalised.

Sources, all installable with apt: WordNet examples and glosses (wordnet-base), the King James Bible (bible-kjv-text)
and, when its data folder is given, Jane Austen's novels (r-cran-janeaustenr, read with the `rdata` package).
"Sense and Sensibility" is omitted: it is reserved for tests (--reserved writes it). Writes one JSON object per line:
{"text", "source", "raw"}.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

from recipes.errors import one_line

SPOKEN = re.compile(r"[a-z' ]+")
ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|cf|vs|mrs?|ms|dr|st|esq|c|ca|approx)\.", re.I)


def spoken(text: str) -> str | None:
    """The lower-case words of a sentence, or None if parts of it are not read as they are spelled."""
    text = text.replace("\u2019", "'").replace("--", " ").replace("_", "")
    if ABBREVIATION.search(text) or re.search(r"\b[A-Z]{2,}\b|\b[B-HJ-NP-Z]\b|\d|[()\[\]@#$%&*/+=<>]", text):
        return None
    text = re.sub(r"[^a-z' ]+", " ", text.lower())
    text = " ".join(word.strip("'") if word in ("'", "''") else word for word in text.split())
    text = re.sub(r"(?<![a-z])'|'(?![a-z])", "", text)
    text = " ".join(text.split())
    return text if SPOKEN.fullmatch(text) and 18 <= len(text) <= 170 else None


def wordnet(folder: Path) -> Iterator[tuple[str, str]]:
    for name in ("data.noun", "data.verb", "data.adj", "data.adv"):
        for line in (folder / name).read_text(encoding="latin-1").splitlines():
            if line.startswith("  ") or "|" not in line:
                continue
            gloss = line.split("|", 1)[1].strip()
            for example in re.findall(r'"([^"]+)"', gloss):
                yield "wordnet-example", example
            definition = gloss.split('"')[0].split(";")[0]
            yield "wordnet-gloss", re.sub(r"^\([^)]*\)\s*", "", definition)


def bible() -> Iterator[tuple[str, str]]:
    out = subprocess.run(
        [shutil.which("bible") or "/usr/games/bible", "-f"],
        input="gen1:1-rev22:21\n",
        capture_output=True,
        text=True,
        check=True,
    )
    for line in out.stdout.splitlines():
        text = line.split(" ", 1)[-1]
        for part in re.split(r"(?<=[.;:?!])\s+", text):
            yield "bible", part


RESERVED = "sensesensibility"


def austen(folder: Path, reserved: bool = False) -> Iterator[tuple[str, str]]:
    """The sentences of the novels, or only of the one that is reserved for tests."""
    import rdata

    data = (folder / "Rdata.rdb").read_bytes()
    index = rdata.read_rds(folder / "Rdata.rdx")["variables"]
    for name, place in index.items():
        if (name == RESERVED) != reserved:
            continue
        offset, length = (int(x) for x in place)
        raw = zlib.decompress(data[offset + 4 : offset + length])
        lines = [str(x) for x in rdata.conversion.convert(rdata.parser.parse_data(raw))]
        for paragraph in "\n".join(lines).split("\n\n"):
            for sentence in re.split(r"(?<=[.!?;])[\"\u201d']*\s+", " ".join(paragraph.split())):
                yield "austen", sentence


def random_words(texts: list[str], count: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Lists of unrelated words, where a language model does not help and the letters must come from the sound."""
    words = sorted({word for text in texts for word in text.split() if len(word) > 2})
    for _ in range(count):
        yield "words", " ".join(rng.choice(words) for _ in range(rng.randint(3, 10)))


def numbers(count: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Digit strings, years and amounts in words."""
    from num2words import num2words

    digits = "zero one two three four five six seven eight nine oh".split()
    for _ in range(count):
        kind = rng.random()
        if kind < 0.5:
            yield "numbers", " ".join(rng.choice(digits) for _ in range(rng.randint(4, 9)))
        elif kind < 0.75:
            year = num2words(rng.randint(1100, 2099), to="year")
            yield "numbers", f"in the year {year}".replace("-", " ")
        else:
            amount = num2words(rng.randint(1, 99999)).replace("-", " ").replace(",", "")
            yield "numbers", f"{amount} {rng.choice(['people', 'miles', 'pounds', 'days', 'dollars', 'houses'])}"


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write JSON lines, whole or not at all."""
    temporary = path.with_suffix(".part")
    temporary.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    temporary.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--austen", type=Path, help="folder with Rdata.rdb of r-cran-janeaustenr (optional)")
    parser.add_argument("--reserved", type=Path, help="also write the sentences for tests here; needs --austen")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.reserved:
        if not args.austen:
            raise SystemExit("--reserved: needs --austen, the folder of r-cran-janeaustenr")
        found = {text: raw for _, raw in austen(args.austen, reserved=True) if (text := spoken(raw))}
        write(args.reserved, [{"text": text, "source": "austen", "raw": raw} for text, raw in found.items()])
    rng = random.Random(1)
    sources = list(wordnet(args.wordnet)) + list(bible())
    if args.austen:
        sources += list(austen(args.austen))
    rows = {text: (source, " ".join(raw.split())) for source, raw in sources if (text := spoken(raw))}
    extra = list(random_words(list(rows), 15_000, rng)) + list(numbers(5_000, rng))
    rows.update({text: (source, text) for source, text in extra if 8 <= len(text) <= 170})
    items = [{"text": text, "source": source, "raw": raw} for text, (source, raw) in rows.items()]
    rng.shuffle(items)
    write(args.out, items)
    totals: dict[str, int] = {}
    for item in items:
        totals[item["source"]] = totals.get(item["source"], 0) + 1
    print(totals)


if __name__ == "__main__":
    one_line(main)
