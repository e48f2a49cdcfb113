"""Read JSON and JSON lines."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ctcalign.errors import CaptionError


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON document, or of JSON lines the list of their values.

    >>> parse_json('{"a": 1}', "x"), parse_json('{"a": 1}\\n{"a": 2}\\n', "x")
    ({'a': 1}, [{'a': 1}, {'a': 2}])

    Args:
        name: name of the text in messages.
    Raises:
        CaptionError: it is neither; the message names the line.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise CaptionError(f"{name}: JSON nested too deeply") from error
    except ValueError as error:
        whole = error
    rows: list[Any] = []
    try:
        for _, value in json_lines(text.split("\n"), name):
            rows.append(value)
    except CaptionError:
        if rows:  # JSON lines with a broken line
            raise
        raise CaptionError(f"{name}: not valid JSON ({whole}); is the file complete?") from whole
    return rows


def json_lines(lines: Iterable[str], name: str) -> Iterator[tuple[int, Any]]:
    """Line number from 1 and value of each line that is not blank.

    Raises:
        CaptionError: a line is not valid JSON; the message names it.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CaptionError(f"{name}: not valid JSON (line {number}: {error}); is the file complete?") from error
            yield number, value


def read_json_lines(path: str | Path) -> list[Any]:
    """The values of a JSON-lines file in UTF-8, plain or gzip.

    Raises:
        CaptionError: it cannot be read, or a line is not valid JSON.
    """
    try:
        data = Path(path).read_bytes()
        text = (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CaptionError(f"{path}: cannot be read as JSON lines: {error}") from error
    return [value for _, value in json_lines(text.split("\n"), str(path))]
