"""Checks of the fields of a JSON document; an error names the place of the value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from ctcalign.errors import CaptionError

Row = dict[str, Any]
# key -> (kind, required). An optional key may be null or missing. A kind is the name of a type, or the values that are
# allowed.
Known = Mapping[str, tuple[str | tuple[str, ...], bool]]


class FieldReader:
    """Checks the type of every value, and counts the keys that are not known in `unknown`."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()

    def fields(self, row: Any, place: str, known: Known) -> Row:
        """The values of the known keys, None for optional ones that are missing.

        Args:
            place: of the object in the document, for messages; "" for the document itself.
        Raises:
            CaptionError: it is no object, or a value has another type.
        """
        if not isinstance(row, Mapping):
            raise CaptionError(f"{place or 'document'}: expected an object, got {short(row)}")
        self.unknown.update(str(key) for key in row.keys() - known.keys())
        return {
            key: self.value(row.get(key), kind, required, f"{place}.{key}" if place else key)
            for key, (kind, required) in known.items()
        }

    def value(self, value: Any, kind: str | tuple[str, ...], required: bool, place: str) -> Any:
        """A value of a kind: "text", "number", "count", "list", "row", "object" (of numbers), or one of several texts.

        Raises:
            CaptionError: it is of another kind.
        """
        if value is None and not required:
            return None
        if isinstance(kind, tuple):
            if isinstance(value, str) and value in kind:
                return value
            raise CaptionError(f"{place}: expected one of {', '.join(kind)}, got {short(value)}")
        if kind == "number":
            # Python's json also reads NaN, infinities and integers beyond float: the test is false for them.
            if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
                return float(value)
            raise CaptionError(f"{place}: expected a finite number, got {short(value)}")
        if kind == "count":
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                return value
            raise CaptionError(f"{place}: expected a whole number from 0, got {short(value)}")
        if kind == "row":  # any JSON inside
            if isinstance(value, Mapping):
                return {str(key): one for key, one in value.items()}
            raise CaptionError(f"{place}: expected an object, got {short(value)}")
        if kind == "object":
            if isinstance(value, Mapping):
                return {str(key): self.value(one, "number", True, f"{place}.{key}") for key, one in value.items()}
            raise CaptionError(f"{place}: expected an object, got {short(value)}")
        if not isinstance(value, str if kind == "text" else list):
            raise CaptionError(f"{place}: expected a {kind}, got {short(value)}")
        return value

    def string(self, value: Any, place: str) -> str:
        """A text."""
        return cast(str, self.value(value, "text", True, place))

    def notes(self) -> list[str]:
        """A warning for each key that is not known."""
        return [f'ignored the unknown key "{key}" ({n} times)' for key, n in sorted(self.unknown.items())]


def short(value: Any) -> str:
    """A value as Python writes it, at most 40 characters."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
