"""Calibrations and their files."""

from __future__ import annotations

import json

import pytest

from ctcalign.aligner.confidence.calibration import from_dict, read_calibration
from ctcalign.calibration.cross_validation import example_confidences
from ctcalign.errors import CalibrationError, UsageError
from ctcalign.search.confidence import read_calibration as read_search_calibration
from tests.calibration.made_up import made_up_calibration, made_up_examples


def test_a_file_gives_the_same_confidences(tmp_path):
    fitted = made_up_calibration()
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(fitted.to_dict()), encoding="utf-8")
    again = read_calibration(path)
    assert again == fitted
    example = next(example for example in made_up_examples() if example.group == "speaker 3" and example.inputs)
    assert example_confidences([example], again)[0] == example_confidences([example], fitted)[0]


def test_the_keys_of_a_file_stay_as_they_are():
    assert [*made_up_calibration().to_dict()] == [
        *("format", "model", "fitted_on", "prior", "placed_word", "unplaced_word", "gap", "timed_word", "cue")
    ]


def test_a_file_with_the_former_names_is_read():
    fitted = made_up_calibration()
    former = {"placed_word": "heard", "unplaced_word": "unheard", "timed_word": "placed", "prior": "share"}
    text = json.dumps({former.get(key, key): value for key, value in fitted.to_dict().items()})
    for name in ("left_unplaced", "right_unplaced", "unplaced", "unplaced_share", "first_unplaced", "last_unplaced"):
        assert f'"{name}"' in text
        text = text.replace(f'"{name}"', f'"{name.replace("unplaced", "unheard")}"')
    assert from_dict(json.loads(text), "an older file") == fitted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"format": "something/2"}, "expected the format ctcalign/confidence/1, got 'something/2'"),
        (lambda row: [row], r"expected the format ctcalign/confidence/1, got JSON .* \(list\)"),
        (lambda row: {k: v for k, v in row.items() if k != "gap"}, "the part 'gap' is missing"),
        (lambda row: row | {"cue": row["gap"]}, "cue: fitted on .* features that are not"),
        (lambda row: row | {"gap": row["gap"] | {"bias": float("nan")}}, "gap: holds numbers that are not finite"),
        (lambda row: row | {"gap": {"bias": 1}}, "gap: not a fit of ctcalign"),
        (lambda row: row | {"prior": 1.5}, "prior: got 1.5, expected a number between 0 and 1"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, change, message):
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(change(made_up_calibration().to_dict())), encoding="utf-8")
    with pytest.raises(CalibrationError, match=message):
        read_calibration(path)


def test_no_file_and_no_json_say_so(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_calibration(tmp_path / "no.json")
    (tmp_path / "no.json").write_text("{")
    with pytest.raises(CalibrationError, match="not valid JSON"):
        read_calibration(tmp_path / "no.json")


@pytest.mark.parametrize("read", [read_calibration, read_search_calibration])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "an empty file or list"),
        ("[]", "an empty file or list"),
        ("{}", "an empty object"),
        ("null", "JSON of another kind (null)"),
        ("5", "JSON of another kind (number)"),
        ('{"format": ["a"], "b": 1}', "JSON without it (its keys: format, b)"),
        ('{"schema": "ctcalign/alignment/1", "cues": []}', "JSON without it (its keys: schema, cues)"),
        ('{"format": "other"}', "'other'"),
    ],
)
def test_another_file_is_described(tmp_path, read, content, found):
    path = tmp_path / "confidence.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises((CalibrationError, UsageError)) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"calibration {path}: expected the format ctcalign/")
    assert f", got {found}; create it" in message


def test_without_a_prior_each_cue_is_predicted_alone():
    fitted = made_up_calibration()
    row = {key: value for key, value in fitted.to_dict().items() if key != "prior"}
    before = from_dict(row, "an older file")
    own = [e for e in made_up_examples() if e.group == "speaker 3" and e.kind == "text_noise30"]
    alone = [fitted.confidences(e.inputs, e.quality)[0] if e.inputs else 0.0 for e in own]
    assert example_confidences(own, before)[0].tolist() == alone
    lower = example_confidences(own, fitted)[0]  # for most of them are wrong
    assert (lower <= alone).all()
    assert lower.sum() < 0.95 * sum(alone)
