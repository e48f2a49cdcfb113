"""Train on recordings with wrong captions in several ways, and measure each model on held-out speech.

`adapt` is `ctcalign adapt`. The others train once, with the same number of updates: `exact` is `ctcalign adapt` with
the exact captions and without a filter (what could be reached), `unfiltered` takes the captions as they are, at the
times that `ctcalign align` finds, `published` those of them whose IPFA score is at least -1.0 (López & Luque 2022).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.training.configuration import configuration, write_configuration
from ctcalign.adapt.training.fitting import name_of, train
from ctcalign.adapt.training.measuring import measured
from ctcalign.aligner.corpus import corpus_pairs
from ctcalign.aligner.options import AlignOptions
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.run import filter_files
from ctcalign.models.training.registry import open_trainable
from recipes.awp.plan import write_json
from recipes.errors import one_line

METHODS = ("adapt", "exact", "unfiltered", "published")
PUBLISHED = -1.0


def options_of(args: argparse.Namespace, seed: int, **more: Any) -> AdaptOptions:
    return AdaptOptions(
        passes=args.passes,
        held_out=(args.held_out,),
        keep_source=tuple(args.source or ()),
        source_share=args.source_share,
        source_held_out=tuple(args.source_held_out or ()),
        updates=args.updates,
        lr=args.lr,
        seed=seed,
        settings=("trainer.accelerator=cpu", "trainer.devices=1"),
        **more,
    )


def adapted(args: argparse.Namespace, method: str, seed: int, folder: Path) -> dict[str, Any]:
    """The report of `ctcalign adapt`, with exact captions for the method `exact`."""
    exact = method == "exact"
    options = options_of(args, seed, **({"top_share": 1.0} if exact else {}))
    if exact:
        options = AdaptOptions(**{**options.__dict__, "passes": 1})
    captions = args.corpus / ("exact" if exact else "captions")
    return ctcalign.adapt(args.corpus / "talks", captions, args.model, output=folder, options=options).report


def trained_on_captions(args: argparse.Namespace, method: str, seed: int, folder: Path) -> dict[str, Any]:
    """Errors of a model that is trained on whole captions: those of the last adaptation's cuts, measured alike."""
    from lhotse import CutSet

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "aligned").mkdir(exist_ok=True)
    model = ctcalign.load_model(args.model, "cpu")
    for pair in corpus_pairs(args.corpus / "talks", args.corpus / "captions").pairs:
        output = folder / "aligned" / f"{pair.id}.json"
        if not output.exists():
            ctcalign.align(pair.audio, pair.captions, model, options=AlignOptions(scores=True)).to_json(output)
    criteria = Criteria(min_scores={"ipfa": PUBLISHED} if method == "published" else {})
    filter_files([folder / "aligned"], folder / "kept.jsonl.gz", criteria, overwrite=True)
    cuts = CutSet.from_file(folder / "kept.jsonl.gz").trim_to_supervisions(keep_overlapping=False)
    cuts.to_file(folder / "cuts.jsonl.gz")
    options = options_of(args, seed)
    trainable = open_trainable(args.model)
    own = configuration(trainable, args.model, Path(), folder / "run", args.updates, trainable.language, options)
    write_configuration(own, folder / "fit.yaml")
    user = [f"--{text}" for text in options.settings]
    exported = train(folder / "fit.yaml", folder / "run", args.model, folder / "cuts.jsonl.gz", user)
    other = args.out / f"adapt-s{seed}"
    hours = sum(cut.duration for cut in CutSet.from_file(folder / "cuts.jsonl.gz")) / 3600
    manifests = {"target": other / "held-out" / "cuts.jsonl.gz"}
    for name in ("source-held-out/cuts.jsonl.gz", "source-held-out.jsonl.gz"):
        if (other / name).exists():
            manifests["source"] = other / name
    trained = ctcalign.load_model(name_of(exported), "cpu")
    errors = {part: measured(trained, manifest, "cpu") for part, manifest in manifests.items()}
    return {"hours": hours, "errors": errors}


def row_of(method: str, seed: int, found: dict[str, Any]) -> dict[str, Any]:
    """One line of the results: error rates in fractions."""
    if "passes" not in found:
        rates = {part: one["wer"]["value"] for part, one in found["errors"].items()}
        return {"method": method, "seed": seed, "passes": 1, "hours": found["hours"], **rates}
    kept = [row for row in found["passes"] if row["verdict"]["kept"]]
    errors = kept[-1]["errors"] if kept else found["start"]
    rates = {part: one["wer"]["value"] for part, one in errors.items()}
    start = {f"start_{part}": one["wer"]["value"] for part, one in found["start"].items()}
    hours = kept[-1]["kept"]["hours"] if kept else 0.0
    by_pass = [row["errors"]["target"]["wer"]["value"] for row in found["passes"] if row["errors"]]
    about = {"method": method, "seed": seed, "passes": len(kept), "hours": hours, "by_pass": by_pass}
    return about | rates | start


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="folder with talks, captions and exact")
    parser.add_argument("--held-out", type=Path, required=True, help="transcribed speech of the target")
    parser.add_argument("--source", type=Path, nargs="*", help="transcribed speech of the source domain to mix in")
    parser.add_argument("--source-held-out", type=Path, nargs="*", help="the same, to measure on")
    parser.add_argument("--source-share", type=float, default=0.3)
    parser.add_argument("--model", default="builtin:en")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--lr", type=float, default=3e-4)
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in args.seeds:
        for method in sorted(args.methods, key=METHODS.index):
            done = args.out / f"{method}-s{seed}.json"
            if done.exists():
                continue
            work = adapted if method in ("adapt", "exact") else trained_on_captions
            found = work(args, method, seed, args.out / f"{method}-s{seed}")
            write_json(done, row_of(method, seed, found))


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of all runs in a folder."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*-s*.json"))]


if __name__ == "__main__":
    one_line(main)
