"""Examples as JSON lines."""

from __future__ import annotations

import pytest

from ctcalign.errors import CtcAlignError
from ctcalign.train.preference.examples import Example, Response, read_examples, write_examples


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"not valid JSON \(line 2: "),
        ('{"chosen": "a"}', "expected an object with a text as 'id'"),
        ('{"id": "x"}', "has no response"),
        ('{"id": "x", "completion": "a"}', "a completion needs a label"),
        ('{"id": "x", "chosen": {"text": "a", "score": [1]}}', "expected a text, or an object"),
        ('{"id": "x", "chosen": {"text": "a", "scores": [NaN]}}', "lists of finite numbers"),
        ('{"id": "x", "chosen": "a", "desirable_probability": 2}', r"must be in \[0, 1\]"),
    ],
)
def test_the_message_names_the_line_that_is_not_an_example(line, message, tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"id": "a", "chosen": "b"}\n' + line + "\n")
    with pytest.raises(CtcAlignError, match=message) as caught:
        read_examples(str(file))
    assert "pairs.jsonl:2" in str(caught.value) or "pairs.jsonl: not valid JSON (line 2" in str(caught.value)


def test_examples_are_read_as_they_were_written(tmp_path):
    values = {"scores": (0.25, 1.0)}
    given = [
        Example("a", Response("x", values), (Response("y"), Response("z")), 0.5, "f00"),
        Example("b", Response((0, 1, 1)), (Response((0, 0, 1)),)),
        Example("c", None, (Response("w"),)),
    ]
    assert write_examples(tmp_path / "e.jsonl", given) == 3
    assert read_examples(str(tmp_path / "e.jsonl")) == given
