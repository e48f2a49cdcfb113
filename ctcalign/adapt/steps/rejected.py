"""Captions that are likely wrong, as preference pairs: their texts against what the model recognises in their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE, REVIEWED
from ctcalign.adapt.captions.recognised import CAPTION
from ctcalign.adapt.captions.selection import LIKELY
from ctcalign.adapt.setting import Pass, content_of, corpus_of
from ctcalign.adapt.speech.cuts import Row, cut_of, read_manifest, write_manifest
from ctcalign.adapt.stages import Stage, write_lines
from ctcalign.adapt.steps.align import aligned_talks
from ctcalign.adapt.steps.utterances import TRAIN
from ctcalign.files.digests import digest_of_file, read_json

PAIRS, CUTS = "pairs.jsonl", "rejected.jsonl.gz"
SHORTEST, LONGEST = 0.5, 20.0  # seconds of a stretch


def rejected_captions(one: Pass, aligned: Path, cuts: Path) -> Path:
    """The folder with the stretches of captions that are likely wrong, their pairs, and all cuts of the training."""
    setting = one.setting
    inputs = {
        "aligned": content_of(aligned),
        "cuts": digest_of_file(cuts / TRAIN),
        "talks": corpus_of(setting.talks),
        "language": setting.language,
    }
    stage = Stage(one.folder / "rejected", inputs)
    if stage.is_done:
        return stage.folder
    stage.begin()
    found, pairs = list[Row](), list[Row]()
    for talk in aligned_talks(one, aligned):
        for number, about in _wrong(talk, read_json(aligned / f"{talk.name}.json")):
            name = f"{talk.name}-rejected-{number:05d}"
            span, text = tuple(about["stretch"]), about["recognised"]
            found.append(cut_of(name, talk.name, talk.audio, talk.duration, span, text, setting.language))
            pairs.append(pair_of(name, text, about["text"], about["confidence"]))
    write_manifest(stage.folder / CUTS, found)
    write_manifest(stage.folder / TRAIN, [*read_manifest(cuts / TRAIN), *found])
    write_lines(stage.folder / PAIRS, pairs)
    stage.finish([CUTS, TRAIN, PAIRS])
    return stage.folder


def _wrong(talk: Talk, document: Row) -> Iterator[tuple[int, Row]]:
    """Index and attribute `CAPTION` of captions that are more likely wrong than right, except those left out."""
    left_out = set(talk.left_out)
    for row in document["cues"]:
        about = row["attributes"].get(CAPTION)
        if about is None or row["attributes"][CUE] in left_out or about["confidence"] is None:
            continue
        if REVIEWED in row["attributes"]:  # a person has accepted it
            continue
        start, end = about["stretch"]
        if about["confidence"] < LIKELY and SHORTEST <= end - start <= LONGEST and about["recognised"]:
            yield row["attributes"][CUE], about


def pair_of(name: str, recognised: str, caption: str, confidence: float) -> Row:
    """A pair of `ctcalign.train.preference.examples`.

    `desirable_probability` is such that BCO, whose weight of a rejected text is p / (1 - p), weights it by
    1 - confidence. DPO does not use it.
    """
    wrong = 1.0 - confidence
    return {"id": name, "chosen": recognised, "rejected": caption, "desirable_probability": wrong / (1.0 + wrong)}
