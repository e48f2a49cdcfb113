"""Rows of manifests, one after the other: JSON lines, plain or gzip."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctcalign.errors import CaptionError, UsageError
from ctcalign.files import json_lines

MANIFESTS = (".jsonl", ".jsonl.gz")


def json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number from 1 and object of each line.

    Raises:
        UsageError: the file cannot be read, or a line is no JSON object.
    """
    try:
        opened = (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.name.endswith(".gz")
            else path.open(encoding="utf-8-sig")
        )
        with opened as lines:
            for number, row in json_lines(lines, str(path)):
                if not isinstance(row, dict):
                    raise UsageError(f"{path}: line {number}: expected a JSON object, got {str(row)[:80]!r}")
                yield number, row
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read as JSON lines in UTF-8: {error}") from error
    except CaptionError as error:
        raise UsageError(str(error)) from error


def first_row(path: Path) -> dict[str, Any]:
    """The first object of a manifest; empty if there is none."""
    return next((row for _, row in json_rows(path)), {})
