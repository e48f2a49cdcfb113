"""Captions that are left out of the training, as cuts to measure on."""

from __future__ import annotations

from pathlib import Path

from ctcalign.adapt.captions.corpus import Talk
from ctcalign.adapt.captions.phrases import CUE
from ctcalign.adapt.setting import Setting, content_of, corpus_of
from ctcalign.adapt.speech.cuts import Row, cut_of, write_manifest
from ctcalign.adapt.stages import Stage
from ctcalign.errors import UsageError
from ctcalign.files.digests import read_json


def left_out_cuts(setting: Setting, aligned: Path) -> Path:
    """The manifest of the captions that are left out of the training, where an alignment placed them.

    Raises:
        UsageError: there is no such caption.
    """
    stage = Stage(setting.root / "left-out", {"aligned": content_of(aligned), "talks": corpus_of(setting.talks)})
    manifest = stage.folder / "cuts.jsonl.gz"
    if stage.is_done:
        return manifest
    stage.begin()
    rows = []
    for talk in setting.talks:
        document = read_json(aligned / f"{talk.name}.json")
        if document is not None and talk.left_out:
            rows += _left_out_rows(talk, document, setting.language)
    if not rows:
        raise UsageError(
            "held_out: no caption that is left out of the training could be aligned, so no pass can be evaluated; give "
            "transcribed recordings with --held-out, or more captions"
        )
    write_manifest(manifest, rows)
    stage.finish([manifest.name])
    return manifest


def _left_out_rows(talk: Talk, document: Row, language: str) -> list[Row]:
    captions = talk.read(language)
    spans: dict[int, tuple[float, float]] = {}
    taken = []
    for row in document["cues"]:
        if row["status"] == "aligned" and row["start"] is not None:
            cue = row["attributes"][CUE]
            start, end = spans.get(cue, (row["start"], row["end"]))
            spans[cue] = min(start, row["start"]), max(end, row["end"])
            taken.append((row["start"], row["end"], cue))
    rows = []
    for cue in sorted(set(spans) & set(talk.left_out)):
        start, end = spans[cue]
        before = max((b for _, b, other in taken if other != cue and b <= start), default=0.0)
        after = min((a for a, _, other in taken if other != cue and a >= end), default=talk.duration)
        span = max(start - 0.2, (start + before) / 2), min(end + 0.2, (end + after) / 2)
        name = f"{talk.name}-{cue:05d}"
        rows.append(cut_of(name, talk.name, talk.audio, talk.duration, span, captions[cue].text, language))
    return rows
