"""The JSON document of the edits of a review: one entry for each cue that was touched, not a log of changes.

    {"schema": "ctcalign/edits/1",
     "alignment": {"name": "talk.json", "sha256": "...", "audio": "talk.mp3", "cues": 123},
     "cues": [{"from": [7], "text": "So long.", "start": 12.34, "end": 15.0, "verdict": "accepted",
               "words": [{"text": "So", "start": 12.34, "end": 12.7}, ...]}, ...]}

`from` holds the `index` of each cue that the entry replaces. A cue that was divided has several entries in a row with
the same `from`; cues that were joined have one entry whose `from` names all of them. The file of the alignment is
known by the SHA-256 of its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ctcalign.alignment.json_fields import FieldReader, Known, Row
from ctcalign.errors import CaptionError

SCHEMA = "ctcalign/edits/1"
FAMILY = SCHEMA.rpartition("/")[0] + "/"  # without the version
STEP = 0.001  # seconds: edits have three decimals


@dataclass(frozen=True)
class WordEdit:
    """A word of an edited cue. Times in seconds, None if it has none."""

    text: str
    start: float | None
    end: float | None


@dataclass(frozen=True)
class CueEdit:
    """An entry: the cue, or a part of one, that takes the place of cues of the alignment.

    Attributes:
        place: of the entry in the document, for messages.
        replaces: index of each cue that it takes the place of.
        text: as in a caption file, mark-up included.
        start, end: seconds, None if it has no times.
        verdict: of the person; None: the cue was only changed.
        words: of the text, in order.
    """

    place: str
    replaces: tuple[int, ...]
    text: str
    start: float | None
    end: float | None
    verdict: Literal["accepted", "rejected"] | None
    words: tuple[WordEdit, ...]


@dataclass(frozen=True)
class Edits:
    """The edits of an alignment.

    Attributes:
        name: file of the alignment, without folder.
        sha256: of its bytes, hexadecimal.
        cues: how many it has.
        entries: by place in the alignment.
        warnings: about the document.
    """

    name: str
    sha256: str
    cues: int
    entries: tuple[CueEdit, ...]
    warnings: list[str] = field(default_factory=list)


_ROOT: Known = {"schema": ("text", True), "alignment": ("row", True), "cues": ("list", True)}
_ABOUT: Known = {"name": ("text", True), "sha256": ("text", True), "audio": ("text", False), "cues": ("count", True)}
_WORD: Known = {"text": ("text", True), "start": ("number", False), "end": ("number", False)}
_CUE: Known = {
    "from": ("list", True),
    "text": ("text", True),
    "start": ("number", False),
    "end": ("number", False),
    "verdict": (("accepted", "rejected"), False),
    "words": ("list", False),
}


def is_edits(value: Any) -> bool:
    """Whether a JSON value is a document of edits, of any version of the schema."""
    return isinstance(value, Mapping) and str(value.get("schema", "")).startswith(FAMILY)


def edits_of(document: Any) -> Edits:
    """The edits of a document.

    Raises:
        CaptionError: it is another document, or one of its values is wrong; the message names the place.
    """
    schema = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
    if schema != SCHEMA:
        raise CaptionError(f'"schema" is {schema!r}, expected "{SCHEMA}", as the review page exports it')
    reader = FieldReader()
    root = reader.fields(document, "", _ROOT)
    about = reader.fields(root["alignment"], "alignment", _ABOUT)
    entries = tuple(_entry(reader, row, f"cues[{number}]") for number, row in enumerate(root["cues"]))
    return Edits(about["name"], about["sha256"].lower(), about["cues"], entries, reader.notes())


def _entry(reader: FieldReader, row: Any, place: str) -> CueEdit:
    values = reader.fields(row, place, _CUE)
    replaces = tuple(reader.value(one, "count", True, f"{place}.from") for one in values["from"])
    if not replaces:
        raise CaptionError(f"{place}.from: is empty, expected the index of a cue of the alignment")
    words = [reader.fields(one, f"{place}.words[{n}]", _WORD) for n, one in enumerate(values["words"] or [])]
    for number, one in enumerate(words):
        _check_times(one, f"{place}.words[{number}]")
    _check_times(values, place)
    return CueEdit(
        place,
        replaces,
        values["text"],
        values["start"],
        values["end"],
        values["verdict"],
        tuple(WordEdit(**one) for one in words),
    )


def _check_times(values: Row, place: str) -> None:
    start, end = values["start"], values["end"]
    if (start is None) != (end is None):
        raise CaptionError(f"{place}: has {'a start' if end is None else 'an end'} alone, expected both times or none")
    if start is not None and not 0 <= start <= end:
        raise CaptionError(f"{place}: starts at {start:g} s and ends at {end:g} s, expected 0 <= start <= end")
