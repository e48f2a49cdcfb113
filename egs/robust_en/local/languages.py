r"""Write the training sets of other languages as lhotse Shar, without the readers and clips that are tested.

python -m egs.robust_en.local.languages --corpus DATA --plan conf/languages.json \
    --joined ../noisy_captions/conf/joined.json --out exp/languages/data
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from egs.read_de.vocabulary.local.prepare import cuts
from recipes.awp.cuts import write_shar
from recipes.errors import one_line
from recipes.manifests import read_rows


def clips_of(plan: Mapping[str, Any], rows: list[dict[str, Any]]) -> set[str]:
    """Paths of the clips of a joined recording (see recipes/noisy/joined.py)."""
    seconds, taken = 0.0, set()
    for row in [row for row in rows if fits(row, plan["where"])][plan.get("skip", 0) :]:
        if seconds >= 60 * plan["minutes"]:
            break
        seconds += row["duration"]
        taken.add(row["path"])
    return taken


def fits(row: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a row of a manifest has the values of `where`."""
    return all(row.get(key) == value for key, value in where.items())


def kept(rows: list[dict[str, Any]], without: list[dict[str, Any]], tested: set[str]) -> Iterator[dict[str, Any]]:
    """The rows to train on, with their texts in lower case and without punctuation.

    Left out are also sentences that a tested clip has.
    """
    out = {row["path"] for row in rows if row["path"] in tested or any(fits(row, where) for where in without)}
    said = {row["text_norm"] for row in rows if row["path"] in out}
    for row in rows:
        if row["path"] not in out and row["text_norm"] not in said:
            yield {**row, "text": row["text_norm"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--plan", type=Path, required=True, help="what is left out of each language")
    parser.add_argument("--joined", type=Path, required=True, help="plan of the recordings that are tested")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    joined = json.loads(args.joined.read_text(encoding="utf-8"))
    for language, plan in json.loads(args.plan.read_text(encoding="utf-8")).items():
        if (args.out / language).is_dir():
            continue
        manifest = args.corpus / "read_more" / language / "train.jsonl"
        rows = read_rows(manifest)
        tested = set().union(*(clips_of(joined[name], rows) for name in plan["clips_of"]))
        train = list(kept(rows, plan["without"], tested))
        count = write_shar(cuts(train, manifest.with_suffix(".tar")), args.out / language)
        hours = sum(row["duration"] for row in train) / 3600
        sys.stderr.write(f"{language}: {count} utterances, {hours:.2f} h, of {len(rows)}\n")


if __name__ == "__main__":
    one_line(main)
