"""A folder in the Shar format of lhotse: cuts beside tar files with their sound, read one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ctcalign.aligner.corpus import NO_CAPTIONS, NO_RECORDING, Problem
from ctcalign.audio.cut_sources import Trust, check_sources
from ctcalign.corpus.inputs.lhotse import captions_of
from ctcalign.corpus.inputs.rows import json_rows
from ctcalign.corpus.item import UNTRUSTED, Collection, Entry, Item, several_entries
from ctcalign.errors import CaptionError, UntrustedDataError, UsageError
from ctcalign.extras import require


def is_shar(folder: Path) -> bool:
    """Whether a folder holds shards of cuts."""
    return any(folder.glob("cuts.*.jsonl*"))


def of_shar(folder: Path, trust: Trust) -> Collection:
    """The cuts of a Shar folder, each a recording of its own, with its sound in memory.

    Raises:
        UsageError: the cuts cannot be read.   MissingPackageError: lhotse is not installed.
    """
    require("lhotse")
    places: dict[str, list[int]] = {}
    number = 0
    for path in sorted(folder.glob("cuts.*.jsonl*")):
        for _, row in json_rows(path):
            number += 1
            places.setdefault(str(row.get("id")), []).append(number)
    if not places:
        raise UsageError(f"{folder}: its shards hold no cuts")

    def entries() -> Iterator[Entry]:
        from lhotse import CutSet

        seen = set[str]()
        for cut in CutSet.from_shar(in_dir=str(folder), shuffle_shards=False):
            id = str(cut.id)
            if len(places.get(id, ())) > 1:
                if id not in seen:
                    yield several_entries(id, places[id])
                seen.add(id)
            else:
                yield _entry(id, cut, str(folder), trust)

    return Collection("lhotse Shar", folder, len(places), entries)


def _entry(id: str, cut: Any, name: str, trust: Trust) -> Entry:
    if not getattr(cut, "has_recording", False):
        return Problem(id, NO_RECORDING, f"no audio of it in {name}")
    # Times count from the beginning of the cut: its recording holds nothing else.
    row = {"id": id, "start": 0, "duration": cut.duration, "type": "MonoCut"}
    row["supervisions"] = [one.to_dict() for one in cut.supervisions]
    try:
        check_sources(cut, trust, remedy="if you trust its file, give --allow-pipes or --allow-remote")
        captions = captions_of(id, [row], name)
    except UntrustedDataError as error:
        return Problem(id, UNTRUSTED, str(error))
    except CaptionError as error:
        return Problem(id, NO_CAPTIONS, str(error))
    return Item(id, cut, replace(captions, recording=id), float(cut.duration))
