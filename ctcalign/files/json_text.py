"""Read JSON and JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ctcalign.errors import CaptionError
from ctcalign.files.text_size import MANIFESTS, NESTED, check_brackets, check_depth, read_bytes


def parse_json(text: str, name: str, times: int = 1) -> Any:
    """The value of a JSON document, or of JSON lines the list of their values.

    >>> parse_json('{"a": 1}', "x"), parse_json('{"a": 1}\\n{"a": 2}\\n', "x")
    ({'a': 1}, [{'a': 1}, {'a': 2}])

    Args:
        name: name of the text in messages.
        times: how many times the limit of `max_text_size` is allowed.
    Raises:
        CaptionError: it is neither, nested too deeply or too large; the message names the line.
    """
    check_brackets(text, name, times)
    try:
        return _value(text, name)
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
                value = _value(line, f"{name}, line {number}")
            except ValueError as error:
                raise CaptionError(f"{name}: not valid JSON (line {number}: {error}); is the file complete?") from error
            yield number, value


def read_json_lines(path: str | Path) -> list[Any]:
    """The values of a JSON-lines file in UTF-8, plain or gzip.

    Raises:
        CaptionError: it cannot be read, or a line is not valid JSON.
    """
    try:
        text = read_bytes(path, str(path), MANIFESTS).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaptionError(f"{path}: cannot be read as JSON lines: {error}") from error
    check_brackets(text, str(path), MANIFESTS)
    return [value for _, value in json_lines(text.split("\n"), str(path))]


def _value(text: str, name: str) -> Any:
    """Raises a ValueError for text that is not JSON."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise CaptionError(f"{name}: {NESTED}") from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # Python's limit of the digits of an integer
        raise ValueError("a number of more than 4,300 digits") from error
    check_depth(value, name)
    return value


def finite(value: Any) -> Any:
    """A JSON value with null in place of the numbers that JSON cannot write (NaN, infinity; 1e999 is read as one).

    >>> finite({"a": [1.0, float("inf")]})
    {'a': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
