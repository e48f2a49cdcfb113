"""Chosen and rejected responses as JSON lines, for speech and for text.

    {"id": "cut-1", "chosen": "one two", "rejected": ["one too", "won two"]}       of a cut
    {"prompt": "2+2=", "chosen": "4", "rejected": "5"}                             of a language model
    {"prompt": "2+2=", "completion": "4", "label": true}                           not in pairs
    {"id": "cut-1", "chosen": {"path": [0, 7, 7, 0]}, "rejected": {"path": [0, 0, 7, 0]}}      alignments

A response may also be an object with "text" (or "path") and stored values: "reference_log_probs", "scores" and
"token_rewards", one for each token, and "aligned_scores", one for each aligned model.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctcalign.errors import CtcAlignError, UsageError
from ctcalign.files import atomic_write, json_lines
from ctcalign.files.text_size import lines_of

VALUES = ("reference_log_probs", "scores", "token_rewards", "aligned_scores")


@dataclass(frozen=True)
class Response:
    """One response.

    Attributes:
        content: its text, or the labels of its frames.
        values: stored numbers by name, see `VALUES`.
    """

    content: str | tuple[int, ...]
    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """Chosen and rejected responses to one prompt, or texts of one cut.

    Attributes:
        key: id of the cut, or the prompt.
        chosen: the preferred response, may be None.  rejected: the others, may be empty.
        desirable_probability: probability that the prompt belongs to a desirable response; for BCO.
        reference: fingerprint of the model of the `reference_log_probs`.
    """

    key: str
    chosen: Response | None
    rejected: tuple[Response, ...] = ()
    desirable_probability: float | None = None
    reference: str | None = None

    @property
    def responses(self) -> tuple[Response, ...]:
        """All responses, the chosen one first."""
        return self.rejected if self.chosen is None else (self.chosen, *self.rejected)

    def to_dict(self, key: str = "id") -> dict[str, Any]:
        """For JSON. `key`: "id" or "prompt"."""
        found: dict[str, Any] = {key: self.key}
        if self.chosen is not None:
            found["chosen"] = _written(self.chosen)
        if self.rejected:
            found["rejected"] = [_written(one) for one in self.rejected]
        more = {"desirable_probability": self.desirable_probability, "reference": self.reference}
        return found | {name: value for name, value in more.items() if value is not None}


def read_examples(files: str | Iterable[str], key: str = "id") -> list[Example]:
    """The examples of one or more files (.jsonl, .jsonl.gz), in their order.

    Args:
        key: the key of a line: "id" or "prompt".
    Raises:
        UsageError: there is no such file.  CtcAlignError: a line is not an example; the message names file and line.
    """
    found = []
    for name in [files] if isinstance(files, str) else list(files):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"{name}: no such file; expected JSON lines with {key}, chosen and rejected")
        try:
            with (
                gzip.open(path, "rt", encoding="utf-8")
                if path.suffix == ".gz"
                else path.open(encoding="utf-8") as lines
            ):
                found += [
                    example_of(row, key, f"{name}:{number}") for number, row in json_lines(lines_of(lines, name), name)
                ]
        except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise CtcAlignError(f"{name}: cannot be read as JSON lines ({error})") from error
    return found


def check_kind(name: str, examples: Iterable[Example], kind: str, loss: str) -> None:
    """Check before training that a loss can use at least one of the examples.

    Args:
        name: of the file in the configuration.  kind: "pairs", "rows" or "single", see `PreferenceTerm`.
    Raises:
        UsageError: the loss needs pairs (or chosen responses) and there are none.
    """
    listed = list(examples)
    if kind == "rows" or not listed:
        return
    if not any(one.chosen is not None and (kind == "single" or one.rejected) for one in listed):
        needed = "pairs of chosen and rejected responses" if kind == "pairs" else "chosen responses"
        raise UsageError(
            f"{name}: the loss {loss} needs {needed}, but none of the {len(listed)} examples, such as "
            f"{listed[0].key[:40]!r}, has one; use a loss of single responses (bco, kto), or give pairs"
        )


def write_examples(path: str | Path, examples: Iterable[Example], key: str = "id") -> int:
    """Write JSON lines atomically. Returns the number of examples."""
    count = 0
    with atomic_write(path) as stream:
        for one in examples:
            stream.write(json.dumps(one.to_dict(key), ensure_ascii=False) + "\n")
            count += 1
    return count


def example_of(row: Any, key: str = "id", where: str = "example") -> Example:
    """An example from its JSON.

    Args:
        key: "id" or "prompt".  where: its file and line, for error messages.
    Raises:
        CtcAlignError: it is not an example.
    """
    if not isinstance(row, dict) or not isinstance(row.get(key), str):
        raise CtcAlignError(f"{where}: expected an object with a text as {key!r}, got {str(row)[:80]}")
    if "completion" in row:
        if not isinstance(row.get("label"), bool) or "chosen" in row or "rejected" in row:
            raise CtcAlignError(f"{where}: a completion needs a label, true or false, and neither chosen nor rejected")
        row = {**row, ("chosen" if row["label"] else "rejected"): row["completion"]}
    chosen = None if row.get("chosen") is None else _response(row["chosen"], f"{where}: chosen")
    worse = row.get("rejected", [])
    rejected = [_response(one, f"{where}: rejected") for one in (worse if isinstance(worse, list) else [worse])]
    if chosen is None and not rejected:
        raise CtcAlignError(f"{where}: has no response; expected chosen or rejected, or completion and label")
    probability = row.get("desirable_probability")
    if probability is not None and not (isinstance(probability, int | float) and 0 <= probability <= 1):
        raise CtcAlignError(f"{where}: desirable_probability must be in [0, 1], got {probability!r}")
    return Example(row[key], chosen, tuple(rejected), probability, row.get("reference"))


def _response(value: Any, where: str) -> Response:
    if isinstance(value, str):
        return Response(value)
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - {"text", "path", *VALUES})
        content = value.get("text", value.get("path"))
        if isinstance(content, list) and all(isinstance(one, int) for one in content):
            content = tuple(content)
        if isinstance(content, str | tuple) and not unknown and ("text" in value) != ("path" in value):
            values = {name: tuple(map(float, value[name])) for name in VALUES if value.get(name) is not None}
            if all(math.isfinite(number) for numbers in values.values() for number in numbers):
                return Response(content, values)
    shown = str(value)[:80]
    raise CtcAlignError(
        f"{where}: expected a text, or an object with text or path (a list of labels) and lists of finite numbers "
        f"({', '.join(VALUES)}), got {shown}"
    )


def _written(response: Response) -> Any:
    if isinstance(response.content, str) and not response.values:
        return response.content
    text = isinstance(response.content, str)
    content = {"text": response.content} if text else {"path": list(response.content)}
    return {**content, **{name: [round(one, 6) for one in numbers] for name, numbers in response.values.items()}}
