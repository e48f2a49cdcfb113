"""The description of a model, in its file or next to it: a JSON object, checked field by field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctcalign.errors import ModelError, UsageError
from ctcalign.text.subwords import converted, scheme_of
from ctcalign.text.vocabulary import WORD_START, Vocabulary

# Format of checkpoints, and the architectures in their headers: `models.builtin.network` and `models.encoders`.
FORMAT = "ctcalign/checkpoint/1"
BUILTIN, ENCODER = "conv-ctc/1", "encoder-ctc/1"
_FIELDS = {
    "symbols",
    "blank",
    "separator",
    "unknown",
    "word_pieces",
    "frame_shift",
    "frame_offset",
    "sample_rate",
    "context",
    "spike_delay",
    "language",
    "licence",
    "normalise",
    "output",
}
_OUTPUTS = ("logits", "log_probs", "probs")
_NORMALISE = ("none", "utterance")


@dataclass(frozen=True)
class ModelHeader:
    """The description of a model file.

    Attributes:
        vocabulary: from "symbols" (list, in the order of the columns), "blank" (its column, 0 if omitted),
            "separator" and "unknown" (columns or null), "word_pieces" (true when words begin with "\u2581"). Symbols of
            byte-level BPE and WordPiece are converted.
        frame_shift: "frame_shift", seconds between output frames.
        frame_offset: "frame_offset", start of the first frame in seconds; 0 if omitted.
        sample_rate: "sample_rate", Hz; 16000 if omitted.
        context: "context", seconds on either side that a frame depends on; null or omitted for no bound.
        spike_delay: "spike_delay", seconds; 0 if omitted.
        language: "language", code or null.
        licence: "licence", SPDX name or text; required.
        normalise: "normalise": "utterance" subtracts the mean of each input and divides by its deviation; "none".
        output: "output": "logits" (also right for log-probabilities), "log_probs" or "probs".
    """

    vocabulary: Vocabulary
    frame_shift: float
    sample_rate: int
    context: float | None
    spike_delay: float
    language: str | None
    licence: str
    normalise: str
    output: str
    frame_offset: float = 0.0


def parse_header(fields: dict[str, Any], where: str) -> ModelHeader:
    """Check a header.

    Args:
        fields: the JSON object.
        where: file and place, for messages.
    Raises:
        ModelError: a field is missing, unknown or of the wrong kind.
    """
    for field in sorted(set(fields) - _FIELDS):
        raise ModelError(f"{where}: unknown field {field!r}; expected {', '.join(sorted(_FIELDS))}")
    for field in ("symbols", "frame_shift", "licence"):
        if field not in fields:
            raise ModelError(f"{where}: the field {field!r} is missing; add it")
    symbols = fields["symbols"]
    if not isinstance(symbols, list) or not symbols or not all(isinstance(symbol, str) for symbol in symbols):
        raise ModelError(f"{where}: symbols: expected a list of strings, one for each column, got {_shown(symbols)}")
    columns = len(symbols)
    blank = _column(fields.get("blank", 0), "blank", columns, where)
    if blank is None:
        raise ModelError(f"{where}: blank: expected a column from 0 to {columns - 1}, got null")
    scheme = None if fields.get("word_pieces") is False else scheme_of(symbols)
    try:
        symbols = list(converted(symbols, scheme or ""))
    except UsageError as error:
        raise ModelError(f"{where}: symbols: {error}") from None
    separator = fields.get("separator", symbols.index("|") if "|" in symbols else None)
    vocabulary = Vocabulary(
        tuple(symbols),
        blank=blank,
        separator=_column(separator, "separator", columns, where),
        unknown=_column(fields.get("unknown"), "unknown", columns, where),
        word_pieces=bool(fields.get("word_pieces", any(symbol.startswith(WORD_START) for symbol in symbols))),
    )
    context = fields.get("context")
    return ModelHeader(
        vocabulary,
        checked_number(fields["frame_shift"], "frame_shift", where, above=0.0, below=1.0),
        int(checked_number(fields.get("sample_rate", 16_000), "sample_rate", where, above=999.0, unit="Hz")),
        None if context is None else checked_number(context, "context", where, above=-1e-9),
        checked_number(fields.get("spike_delay", 0.0), "spike_delay", where, above=-10.0, below=10.0),
        None if fields.get("language") is None else str(fields["language"]),
        str(fields["licence"]),
        _choice(fields.get("normalise", "none"), "normalise", _NORMALISE, where),
        _choice(fields.get("output", "logits"), "output", _OUTPUTS, where),
        checked_number(fields.get("frame_offset", 0.0), "frame_offset", where, above=-1.0, below=1.0),
    )


def header_object(value: object, where: str) -> dict[str, Any]:
    """The header of a checkpoint, an object or its JSON.

    Raises:
        ModelError: it is damaged, or not an object.
    """
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{where}: its header is damaged ({error}); copy the file again") from None
    if not isinstance(value, dict):
        raise ModelError(f"{where}: its header is a {type(value).__name__}, expected an object that ctcalign wrote")
    return value


def check_identity(header: Mapping[str, Any], where: str) -> Vocabulary:
    """The symbols of a header; its other fields about the model are checked.

    Raises:
        ModelError: a field is missing, or has another kind of value.
    """
    vocabulary = checked_vocabulary(header, where)
    checked_number(header.get("spike_delay", 0.0), "spike_delay", where, above=-10.0, below=10.0)
    for field in ("language", "licence"):
        if not isinstance(header.get(field), str | None):
            raise ModelError(f"{where}: {field}: expected a text, got {str(header[field])[:40]!r}")
    return vocabulary


def checked_vocabulary(fields: Mapping[str, Any], where: str) -> Vocabulary:
    """The symbols of the header of a checkpoint of ctcalign.

    Raises:
        ModelError: they are missing or no strings, or a column is out of range.
    """
    symbols = fields.get("symbols")
    if not isinstance(symbols, list) or not symbols or not all(isinstance(symbol, str) for symbol in symbols):
        raise ModelError(f"{where}: symbols: expected a list of strings, one for each column, got {_shown(symbols)}")
    blank, separator, unknown = (
        _column(fields.get(name), name, len(symbols), where) for name in ("blank", "separator", "unknown")
    )
    if blank is None:
        raise ModelError(f"{where}: blank: expected a column from 0 to {len(symbols) - 1}, got null")
    return Vocabulary(tuple(symbols), blank, separator, unknown, bool(fields.get("word_pieces", False)))


def checked_number(
    value: object, field: str, where: str, above: float, below: float = math.inf, unit: str = "seconds"
) -> float:
    """A number above `above` and less than `below`.

    Raises:
        ModelError: it is another value.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > above:
        raise ModelError(f"{where}: {field}: expected a number above {above:g}, got {_shown(value)} ({unit})")
    if value >= below:
        raise ModelError(f"{where}: {field}: expected {unit}, less than {below:g}, got {_shown(value)}; milliseconds?")
    return float(value)


def _column(value: object, field: str, columns: int, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < columns:
        raise ModelError(f"{where}: {field}: expected a column from 0 to {columns - 1}, got {_shown(value)}")
    return value


def _choice(value: object, field: str, choices: tuple[str, ...], where: str) -> str:
    if value not in choices:
        raise ModelError(f"{where}: {field}: expected {' or '.join(choices)}, got {_shown(value)}")
    return str(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
