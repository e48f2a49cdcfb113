"""Mutations of valid files: of bytes, lines, numbers, words, JSON values and XML attributes."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

LONGEST = 20_000  # bytes of an input; longer ones are cut, except in gzip

# Numbers that break a careless reader: signs, exponents, digits beyond the limit of int(), beyond float, not ASCII.
NUMBERS = (
    *("0", "-0", "-1", "1", "00", "007", "1.", ".5", "1,5", "1.5.2", "-1.5", "+3", "1e3", "1e308", "1e309", "-1e400"),
    *("1e-400", "1e999999999", "9" * 20, "9" * 310, "9" * 4301, "0." + "0" * 400 + "1", "0." + "9" * 5000),
    *("NaN", "nan", "inf", "-Infinity", "Infinity", "null", "true", "0x10", "1_000", "²", "٣", "１２", "½", "Ⅷ", "一"),
    *(str(2**31), str(2**32), str(2**53 + 1), str(2**63), str(2**64), str(-(2**63)), "1/2", "1/0", "%", "", " "),
)
CLOCKS = (
    *("00:00:01,000", "0:01", "1:2:3:4", "99:99:99.999", "-00:00:01.0", "00:00:00." + "9" * 5000, "9" * 4301 + ":00"),
    *(
        "00:" + "9" * 4301 + ":00,0",
        "٠٠:٠٠:٠١,٠",
        "00：00：01，5",
        "::",
        "1:",
        ":1",
        "0:0:1e5",
        "00:00:61.5",
        "24:00:00",
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\x00",
        "\x1b[31m",
        "\ufeff",
        "\u2028",
        "\u200b",
        "\u00ad",
        "\u0301",
        "\ud7ff",
        "\U0010ffff",
    ),
    *(
        "<",
        ">",
        "<b",
        "</",
        "<<<<",
        "&lt;",
        "&#0;",
        "&#x110000;",
        "&amp" * 3,
        "{",
        "}",
        "{\\k1}",
        "{\\p1}",
        "\\N",
        "[",
        "]",
    ),
    *("-->", "00:00:01.000 --> 00:00:02.000", "NOTE", "STYLE", "WEBVTT", "[Events]", "Dialogue:", ";;", "<ALT>", "#"),
    *(
        "$1,234.56",
        "5'11\"",
        "3.7%",
        "1990s",
        "No. 5",
        "10:30pm",
        "XIV",
        "1/2",
        "http://a.b/c?d=e",
        "a@b.c",
        "H2O",
        "-5°C",
    ),
    *("a" * 3000, "1" * 3000, "1," * 1000, "(" * 1000, "<i>" * 500, "{" * 1000, ". " * 1000, "'" * 1000, "٣" * 100),
    *("日本語", "שלום", "مرحبا", "नमस्ते", "ไทย", "한국어", "👩‍👩‍👧‍👦", "e\u0301" * 50, "ﬁ", "ß", "İ", "\u202e"),
)
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_CLOCK = re.compile(r"\d+:\d+(?::\d+)?(?:[.,]\d+)?")
_WORD = re.compile(r"[^\s\"'<>{}\[\]:,=]+")
_QUOTED = re.compile(r'"[^"\n]*"')


@dataclass(frozen=True)
class Seed:
    """A valid file: its name (the extension decides about the reader) and its bytes."""

    name: str
    data: bytes


def mutated(seeds: Sequence[Seed]) -> st.SearchStrategy[list[tuple[Seed, bytes]]]:
    """Bytes like those of one of the seeds after one mutation, after two, and so on up to eight.

    A mutation may take parts from seeds with the same extension.
    """
    packed = [seed.data.startswith(b"\x1f\x8b") for seed in seeds]
    plain = [gzip.decompress(seed.data) if zipped else seed.data for seed, zipped in zip(seeds, packed, strict=True)]
    suffixes = [seed.name.rpartition(".")[2] for seed in seeds]
    alike = [[data for data, other in zip(plain, suffixes, strict=True) if other == suffix] for suffix in suffixes]

    def apply(number: int, changes: list[Change]) -> list[tuple[Seed, bytes]]:
        data, steps = plain[number], []
        for change in changes:
            before, data = data, change(data, alike[number])[:LONGEST]
            if data != before:
                steps.append((seeds[number], gzip.compress(data, 1, mtime=0) if packed[number] else data))
        return steps

    return st.builds(apply, st.integers(0, len(seeds) - 1), st.lists(_changes(), min_size=4, max_size=8))


# A mutation: the bytes, and others from which it may take parts, to new bytes.
Change = Callable[[bytes, Sequence[bytes]], bytes]


@cache
def _changes() -> st.SearchStrategy[Change]:
    at = st.integers(0, 2**16)
    number, text = st.sampled_from(NUMBERS), st.sampled_from(TEXTS) | st.text(max_size=20)
    encoded = (number | text).map(lambda value: value.encode("utf-8", "surrogatepass"))
    quoted = text.map(lambda value: f'"{value}"')
    some = st.integers(-(10**6), 10**6).map(str) | st.floats(0, 1e4).map(str)
    choices: list[tuple[Callable[..., Callable[[bytes], bytes]], tuple[st.SearchStrategy[Any], ...]]] = [
        (_replace(_NUMBER), (at, number)),
        (_replace(_NUMBER), (at, some)),
        (_replace(_CLOCK), (at, st.sampled_from(CLOCKS) | number)),
        (_replace(_WORD), (at, text)),
        (_replace(_QUOTED), (at, quoted)),
        (_insert, (at, encoded)),
        (_insert, (at, st.binary(min_size=4, max_size=8))),
        (_cut, (at, at)),
        (_flip, (at, st.integers(0, 255))),
        (_lines, (at, at, st.sampled_from(("drop", "double", "swap", "blank", "first", "last")))),
        (_repeat, (at, st.integers(1, 200), st.sampled_from((2, 10, 100, 1000)))),
        (_json_value, (at, st.sampled_from(_ODD_VALUES))),
        (_json_value, (at, number.map(_as_json))),
        (_attribute, (at, st.sampled_from(CLOCKS) | number | text)),
        (_recoded, (st.sampled_from(_RECODINGS),)),
    ]
    alone = [st.tuples(*arguments).map(_alone(make)) for make, arguments in choices]
    return st.one_of(*alone, st.tuples(at, at, at).map(lambda places: _splice(*places)))


def _alone(make: Callable[..., Callable[[bytes], bytes]]) -> Callable[[tuple[Any, ...]], Change]:
    """A mutation that takes nothing from other files."""

    def of(arguments: tuple[Any, ...]) -> Change:
        change = make(*arguments)
        return lambda data, _others: change(data)

    return of


def _replace(pattern: re.Pattern[str]) -> Callable[[int, str], Callable[[bytes], bytes]]:
    """Replace one match of a pattern."""

    def made(at: int, new: str) -> Callable[[bytes], bytes]:
        def change(data: bytes) -> bytes:
            text = data.decode("utf-8", "surrogateescape")
            found = list(pattern.finditer(text))
            if not found:
                return data
            match = found[at % len(found)]
            return _bytes(text[: match.start()] + new + text[match.end() :])

        return change

    return made


def _insert(at: int, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[: at % (len(data) + 1)] + new + data[at % (len(data) + 1) :]


def _cut(at: int, length: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        start = at % (len(data) + 1)
        return data[:start] if length % 4 == 0 else data[:start] + data[start + length % 64 :]

    return change


def _flip(at: int, value: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        if not data:
            return bytes([value])
        place = at % len(data)
        return data[:place] + bytes([value]) + data[place + 1 :]

    return change


def _lines(at: int, to: int, what: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        lines = data.split(b"\n")
        a, b = at % len(lines), to % len(lines)
        if what == "drop":
            del lines[a]
        elif what == "double":
            lines.insert(b, lines[a])
        elif what == "swap":
            lines[a], lines[b] = lines[b], lines[a]
        elif what == "blank":
            lines.insert(a, b"")
        elif what == "first":
            lines = lines[a:]
        else:
            lines = lines[: a + 1]
        return b"\n".join(lines)

    return change


def _repeat(at: int, length: int, times: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        start = at % (len(data) + 1)
        part = data[start : start + length]
        return data[:start] + part * min(times, LONGEST // max(len(part), 1)) + data[start + length :]

    return change


def _splice(at: int, start: int, which: int) -> Change:
    def change(data: bytes, others: Sequence[bytes]) -> bytes:
        other = others[which % len(others)]
        return data[: at % (len(data) + 1)] + other[start % (len(other) + 1) :]

    return change


def _attribute(at: int, value: str) -> Callable[[bytes], bytes]:
    """Replace the value of an XML attribute (or of a `key=value`)."""
    return _replace(_ATTRIBUTE)(at, f'="{value}"')


_ATTRIBUTE = re.compile(r'="[^"]*"')

# As text, so that numbers beyond float and nested lists can be among them.
_ODD_VALUES = (
    *("null", "true", "false", "0", "-1", "1.5", '""', '"x"', "[]", "{}", "[[]]", "[null]", "[1,2]", '["a"]', "[true]"),
    *('{"a": 1}', '{"text": null}', '{"start": {}}', "NaN", "-Infinity", "1e999", "9" * 400, "9" * 5000, '"1:02"'),
    *('"NaN"', '"9e999"', '"\\ud800"', '"\\u0000"', "[" * 600 + "]" * 600, '{"a":' * 400 + "1" + "}" * 400),
)


def _as_json(value: str) -> str:
    return (
        value
        if re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|null|true|NaN|-?Infinity", value)
        else (json.dumps(value))
    )


def _json_value(at: int, new: str) -> Callable[[bytes], bytes]:
    """Replace, remove or double one value of a JSON document, or of one of its lines."""

    def change(data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        try:
            return _bytes(_with_value(json.loads(text), at, new))
        except (ValueError, RecursionError):
            lines = text.split("\n")
            row = at % len(lines)
            try:
                lines[row] = _with_value(json.loads(lines[row]), at // 7, new)
            except (ValueError, RecursionError):
                return data
            return _bytes("\n".join(lines))

    return change


_MARK = "\ue123here\ue123"


def _with_value(document: Any, at: int, new: str) -> str:
    places: list[tuple[Any, Any]] = []
    pending = [document]
    while pending:
        value = pending.pop()
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in inside:
            places.append((value, key))
            pending.append(child)
    if not places:
        return new
    parent, key = places[at % len(places)]
    if at % 13 == 0:
        del parent[key]
    elif at % 13 == 1 and isinstance(parent, list):
        parent.insert(key, parent[key])
    else:
        parent[key] = _MARK
    return json.dumps(document, ensure_ascii=False).replace(json.dumps(_MARK, ensure_ascii=False), new)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate of a mutation
        return text.encode("utf-8", "replace")


def _recoded(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return change


def _codec(codec: str) -> Callable[[bytes], bytes]:
    return lambda data: data.decode("utf-8", "replace").encode(codec, "replace")


_RECODINGS: tuple[Callable[[bytes], bytes], ...] = (
    *(_codec(codec) for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32", "latin-1", "cp1251")),
    *(_codec(codec) for codec in ("cp1254", "shift-jis", "gb18030", "cp037")),
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: data.replace(b"\n", b"\r\r\n"),
    lambda data: data.replace(b" ", b"\t"),
    lambda data: data.replace(b"\t", b" "),
    lambda data: data.upper(),
    lambda data: data + b"\x00" * 10,
    lambda data: data.replace(b"\n", b""),
)
