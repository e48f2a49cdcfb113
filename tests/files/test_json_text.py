"""JSON and JSON lines are read, or the message names the place."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctcalign.errors import CaptionError
from ctcalign.files import json_lines, parse_json, read_json_lines

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(rows=st.lists(values, min_size=2, max_size=5))
def test_json_and_json_lines_give_their_values(rows):
    assert parse_json(json.dumps(rows, indent=1), "x") == rows
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in rows)
    assert parse_json(lines, "x") == rows
    assert list(json_lines(lines.split("\n"), "x")) == [(2 * i + 1, row) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1,\n2', r"^x: not valid JSON \(Expecting.*line 2.*is the file complete"),
        ('{"a": 1}\n\n{"a": \n', r"^x: not valid JSON \(line 3: "),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
        ("{}\n" + "[" * 100_000, "line 2"),
    ],
)
def test_text_that_is_neither_names_the_place(text, message):
    with pytest.raises(CaptionError, match=message):
        parse_json(text, "x")


def test_an_empty_text_is_json_lines_without_a_line():
    assert parse_json("", "x") == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_json_lines_of_a_file(tmp_path, pack, mark):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(pack(mark + '{"a": "ü\u2028"}\n\n[1]\r\n'.encode()))
    assert read_json_lines(path) == [{"a": "ü\u2028"}, [1]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "No such file"),
        (b"\x1f\x8b\x08broken", "the gzip file is damaged"),
        (b"\xff", "decode"),
        (b"{\n", "line 1"),
    ],
)
def test_a_file_that_is_not_json_lines_is_named(tmp_path, data, message):
    path = tmp_path / "rows.jsonl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CaptionError, match=message) as error:
        read_json_lines(path)
    assert str(path) in str(error.value)
