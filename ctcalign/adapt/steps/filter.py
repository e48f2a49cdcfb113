"""The phrases that are kept, and the reasons for dropping the others."""

from __future__ import annotations

from pathlib import Path

from ctcalign.adapt.captions.selection import select
from ctcalign.adapt.setting import Pass, content_of, corpus_of
from ctcalign.adapt.stages import Stage, write_lines
from ctcalign.adapt.steps.align import aligned_talks
from ctcalign.files.digests import write_json

KEPT, DROPPED = "kept.jsonl", "dropped.jsonl"


def filter_phrases(one: Pass, aligned: Path) -> Path:
    """The folder with the kept and the dropped phrases."""
    options = one.setting.options
    chosen = {"precision": options.precision, "top_share": options.top_share, "weights": options.weights}
    stage = Stage(
        one.folder / "filter",
        {"aligned": content_of(aligned), "talks": corpus_of(one.setting.talks), "by": chosen},
    )
    if stage.is_done:
        return stage.folder
    stage.begin()
    found = select(aligned_talks(one, aligned), aligned, options)
    write_lines(stage.folder / KEPT, found.kept)
    write_lines(stage.folder / DROPPED, found.dropped)
    write_json(stage.folder / "about.json", {"limit": found.limit, "confidences": found.confidences})
    stage.finish([KEPT, DROPPED, "about.json"])
    return stage.folder
