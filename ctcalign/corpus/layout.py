"""Where the files of a corpus lie in its output folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ctcalign.formats.datasets.corpus_folder import ALIGNMENTS as ALIGNMENTS
from ctcalign.formats.datasets.corpus_folder import RECORDS as RECORDS

CUTS, FAILED = "cuts", "failed"
MANIFEST, REPORT, PAGE, LOG = "cuts.jsonl.gz", "report.json", "report.html", "log.jsonl"

# Bytes of a name, with room for extensions and within the 255 of file systems.
LONGEST = 120
# Characters of the path below a folder.
LONGEST_PATH = 400
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')


def place_of(id: str) -> str:
    """The path of a recording's files below a folder, without extension; no two ids have the same.

    >>> place_of("season1/talk")
    'season1/talk'
    >>> place_of("../talk")
    '_/talk-06995de8'
    """
    parts = [_safe(part) for part in id.split("/")]
    found = "/".join(parts)
    if len(found) > LONGEST_PATH:
        found = parts[-1]
    return found if found == id else f"{found}-{_digest(id)}"


def file_of(root: Path, folder: str, id: str, extension: str) -> Path:
    """A file of a recording."""
    return root / folder / f"{place_of(id)}{extension}"


def recording_id(id: str) -> str:
    """The id as manifests have it: without white space."""
    return id if id.split() == [id] else "_".join(id.split()) + f"-{_digest(id)}"


def _digest(id: str) -> str:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _safe(part: str) -> str:
    if not part or part.startswith("."):
        part = f"_{part.lstrip('.')}"
    part = _UNSAFE.sub("_", part).encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
    return part.rstrip(" .") or "_"
