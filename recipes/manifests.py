"""Manifests of utterances in tars, as recipes read them: JSON lines with path, text and speaker."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from ctcalign.errors import AudioError, CaptionError
from ctcalign.files import read_json_lines


def read_rows(manifest: Path) -> list[dict[str, Any]]:
    """The rows of a manifest; `text` is `text_norm` where a row has it.

    Raises:
        CaptionError: it cannot be read, or a row has no path, no text or no speaker.
    """
    rows = []
    for number, row in enumerate(read_json_lines(manifest), 1):
        known = row if isinstance(row, dict) else {}
        text = known.get("text_norm") or known.get("text")
        if not isinstance(text, str) or not isinstance(known.get("path"), str) or "speaker" not in known:
            raise CaptionError(
                f"{manifest}: row {number}: expected an object with path, text (or text_norm) and speaker, got "
                f"{json.dumps(row)[:80]}"
            )
        rows.append({**known, "text": text})
    return rows


def read_member(archive: tarfile.TarFile, path: str) -> bytes:
    """A file of a tar.

    Raises:
        AudioError: the tar does not have it.
    """
    try:
        file = archive.extractfile(path)
    except KeyError:
        file = None
    if file is None:
        raise AudioError(f"{path}: in the manifest but not in {Path(str(archive.name)).name}")
    return file.read()
