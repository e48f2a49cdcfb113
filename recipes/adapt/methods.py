"""The methods that are compared: `ctcalign adapt`, and passes without it over whole captions."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import ctcalign
from ctcalign.adapt.options import AdaptOptions
from ctcalign.adapt.speech.cuts import Row, read_manifest, seconds_of, write_manifest
from ctcalign.adapt.speech.inputs import Speech, read_speech
from ctcalign.adapt.speech.source import mixed_in
from ctcalign.adapt.stopping import verdict
from ctcalign.adapt.training.configuration import configuration, write_configuration
from ctcalign.adapt.training.fitting import name_of, train
from ctcalign.adapt.training.measuring import measured
from ctcalign.aligner.corpus import corpus_pairs
from ctcalign.aligner.options import AlignOptions
from ctcalign.files.digests import write_json
from ctcalign.filtering.criteria import Criteria
from ctcalign.filtering.run import filter_files
from ctcalign.models.training.registry import open_trainable

# `adapt` alone is run by several methods: with other captions, or other options.
ADAPT: dict[str, dict[str, Any]] = {
    "adapt": {},
    "learnt": {"source_share": "learn"},
    "unmixed": {"source_share": 0.0, "source_budget": 1e9},
    "bco": {"rejected": "bco"},
    "dpo": {"rejected": "dpo"},
    "exact": {"top_share": 1.0, "passes": 1},
    "exact_unmixed": {"top_share": 1.0, "passes": 1, "source_share": 0.0, "source_budget": 1e9},
}
CAPTIONS = {"unfiltered": None, "published": -1.0}  # lowest IPFA score of a caption
METHODS = (*ADAPT, *CAPTIONS)


def options_of(args: argparse.Namespace, seed: int, **more: Any) -> AdaptOptions:
    """Options of `ctcalign adapt` for a run."""
    values: dict[str, Any] = {
        "passes": args.passes,
        "held_out": tuple(args.held_out),
        "test": tuple(args.test or ()),
        "keep_source": tuple(args.source or ()),
        "source_held_out": tuple(args.source_held_out or ()),
        "updates": args.updates,
        "lr": args.lr,
        "seed": seed,
        "settings": (f"trainer.accelerator={args.device}", "trainer.devices=1"),
    }
    return AdaptOptions(**values | more)


def run_method(args: argparse.Namespace, method: str, seed: int, folder: Path) -> Row:
    """One line of the results; goes on where it was stopped."""
    if method in CAPTIONS:
        return {"method": method, "seed": seed, **_on_captions(args, method, seed, folder)}
    captions = args.corpus / ("exact" if method.startswith("exact") else "captions")
    options = options_of(args, seed, **ADAPT[method])
    report = ctcalign.adapt(
        args.corpus / "talks",
        captions,
        args.model,
        output=folder,
        options=options,
        language=args.language,
        device=args.device,
        allow_noncommercial=args.allow_noncommercial,
    ).report
    passes = [
        {"errors": _rates(row["errors"]), "hours": row["kept"]["hours"], "kept": row["verdict"]["kept"]}
        for row in report["passes"]
        if row["errors"]
    ]
    return {"method": method, "seed": seed, "start": _rates(report["start"]), "passes": passes}


def _rates(errors: Row) -> dict[str, float]:
    """Word error rates by part, fractions."""
    return {part: one["wer"]["value"] for part, one in errors.items()}


def _on_captions(args: argparse.Namespace, method: str, seed: int, folder: Path) -> Row:
    """Passes over whole captions, all of them or those with a published score of at least a limit.

    Judged, stopped, mixed and trained as the passes of `ctcalign adapt` are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = options_of(args, seed)
    speech = read_speech(options, folder, lambda text: None)
    start = _measured(args, args.model, speech, folder / "original.json")
    model, passes = args.model, list[Row]()
    for number in range(1, options.passes + 1):
        own = folder / f"pass-{number:02d}"
        own.mkdir(exist_ok=True)
        cuts = _cuts(args, model, CAPTIONS[method], speech, options, own)
        exported = _trained(args, options, cuts, own)
        errors = _measured(args, exported, speech, own / "errors.json")
        lowest = min([start["target"], *(one["errors"]["target"] for one in passes)])
        judged = verdict(errors["target"], lowest, errors.get("source"), start.get("source"), options.source_budget)
        hours = seconds_of(read_manifest(own / "target.jsonl.gz")) / 3600
        passes.append({"errors": errors, "hours": hours, "kept": judged.kept})
        if judged.stop is not None:
            break
        model = exported
    return {"start": start, "passes": passes}


def _cuts(
    args: argparse.Namespace, model: str, limit: float | None, speech: Speech, options: AdaptOptions, folder: Path
) -> Path:
    """The manifest of the training: captions where a model aligns them, and speech of the source domain."""
    from lhotse import CutSet

    manifest = folder / "train.jsonl.gz"
    if manifest.exists():
        return manifest
    (folder / "aligned").mkdir(exist_ok=True)
    loaded = ctcalign.load_model(model, args.device, args.allow_noncommercial)
    for pair in corpus_pairs(args.corpus / "talks", args.corpus / "captions").pairs:
        output = folder / "aligned" / f"{pair.id}.json"
        if not output.exists():
            options_of_align = AlignOptions(scores=True)
            found = ctcalign.align(
                pair.audio, pair.captions, loaded, language=args.language, device=args.device, options=options_of_align
            )
            found.to_json(output)
    criteria = Criteria(min_scores={} if limit is None else {"ipfa": limit})
    filter_files([folder / "aligned"], folder / "kept.jsonl.gz", criteria, overwrite=True)
    cuts = CutSet.from_file(folder / "kept.jsonl.gz").trim_to_supervisions(keep_overlapping=False)
    rows = [cut.to_dict() for cut in cuts]
    write_manifest(folder / "target.jsonl.gz", rows)
    source = mixed_in(speech.source, seconds_of(rows), options.drawn_share, options.seed)
    write_manifest(manifest, [*rows, *source])
    return manifest


def _trained(args: argparse.Namespace, options: AdaptOptions, cuts: Path, folder: Path) -> str:
    """The name of the original model trained on some cuts."""
    done = folder / "model.json"
    if not done.exists():
        trainable = open_trainable(args.model, allow_noncommercial=args.allow_noncommercial)
        own = configuration(
            trainable,
            args.model,
            Path(),
            folder / "run",
            args.updates,
            args.language or trainable.language,
            options,
            args.allow_noncommercial,
        )
        write_configuration(own, folder / "fit.yaml")
        user = [f"--{text}" for text in options.settings]
        write_json(done, name_of(train(folder / "fit.yaml", folder / "run", args.model, cuts, user)))
    return str(json.loads(done.read_text(encoding="utf-8")))


def _measured(args: argparse.Namespace, name: str, speech: Speech, file: Path) -> dict[str, float]:
    """Word error rates of a model by part."""
    if not file.exists():
        assert speech.held_out is not None
        model = ctcalign.load_model(name, args.device, args.allow_noncommercial)
        parts = {"target": speech.held_out, **speech.measured}
        write_json(file, _rates({part: measured(model, manifest, args.device) for part, manifest in parts.items()}))
    found: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return found
