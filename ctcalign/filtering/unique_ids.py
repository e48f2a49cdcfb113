"""Ids of cuts in one manifest that is made of several alignments: two recordings may have one name."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from ctcalign.formats.datasets.lhotse import supervisions


@dataclass
class Ids:
    """The ids in a manifest so far.

    Attributes:
        cuts, supervisions: their ids.
        recordings: by id the file of each.
    """

    cuts: set[str] = field(default_factory=set)
    supervisions: set[str] = field(default_factory=set)
    recordings: dict[str, str] = field(default_factory=dict)

    def add(self, rows: Iterable[Any]) -> list[str]:
        """Take the ids of rows of a manifest, which stay as they are; ids of cuts that were taken already."""
        double = []
        for row in rows:
            name = str(row.get("id"))
            if name in self.cuts:
                double.append(name)
            self.cuts.add(name)
            for own in supervisions(row):
                self.supervisions.add(str(own.row.get("id")))
                self.recordings.setdefault(str(own.recording), "")
        return double

    def renamed(self, rows: Iterable[Any], file: str) -> list[Any]:
        """Cuts of one alignment, with new ids where theirs are taken: "talk-2" and so on.

        Args:
            file: of the recording: its id is only taken if it stands for another file.
        """
        out, names = [], dict[str, str]()
        for row in rows:
            cut = {**row, "id": _free(row["id"], self.cuts)}
            self.cuts.add(cut["id"])
            cut["supervisions"] = []
            for one in row["supervisions"]:
                old = one["recording_id"]
                if old not in names:
                    others = [name for name, other in self.recordings.items() if other != file]
                    names[old] = _free(old, others)
                    self.recordings[names[old]] = file
                own = str(one["id"])
                if own in self.supervisions:  # "talk-0000003" of "talk" is "talk-2-0000003" of "talk-2"
                    rest = own.removeprefix(f"{row['id']}-")
                    own = _free(f"{cut['id']}-{rest}" if rest != own else own, self.supervisions)
                self.supervisions.add(own)
                cut["supervisions"].append({**one, "id": own, "recording_id": names[old]})
            recording = row.get("recording")
            if isinstance(recording, dict):
                cut["recording"] = {**recording, "id": names.get(recording["id"], recording["id"])}
            out.append(cut)
        return out


def _free(name: str, taken: Container[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
