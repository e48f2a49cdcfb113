"""`ctcalign calibrate`, and what `ctcalign align` makes of it, on the bundled talk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ctcalign.aligner.confidence.apply import load_calibration
from ctcalign.aligner.confidence.calibration import read_calibration
from ctcalign.aligner.confidence.published_scores import SCORES
from ctcalign.alignment.alignment import AlignedCue, Alignment
from ctcalign.cli import commands
from tests.computed_once import emissions_computed_once  # noqa: F401  a fixture of all tests here

DEMO = Path(__file__).parents[2] / "egs" / "demo"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def halves(tmp_path_factory) -> list[Path]:
    """The spoken captions of the talk with their true times, every other one in either file."""
    folder = tmp_path_factory.mktemp("halves")
    cues = [cue for cue in json.loads((DEMO / "truth.json").read_text())["cues"] if cue["spoken"]]
    paths = []
    for number in range(2):
        rows = [
            {"text": cue["text_norm"], "start": cue["start"], "end": cue["end"]}
            for place, cue in enumerate(cues)
            if place % 2 == number
        ]
        paths.append(folder / f"half{number}.json")
        paths[-1].write_text(json.dumps(rows))
    return paths


def test_boundaries_of_the_talk(halves):
    result = run("calibrate", "--pair", DEMO / "talk.ogg", halves[0], "--boundaries")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["model"] == "builtin:en-robust"
    assert abs(found["spike_delay"] - found["spike_delay_in_use"]) < 0.1
    assert abs(found["start_bias"]) < 0.1
    assert abs(found["end_bias"]) < 0.2
    assert found["cues"] >= 5


def test_a_fit_is_written_and_used(halves, tmp_path):
    output, plot = tmp_path / "confidence.json", tmp_path / "confidence.png"
    pairs = [part for half in halves for part in ("--pair", DEMO / "talk.ogg", half)]
    result = run("calibrate", *pairs, "--fast", "-o", output, "--plot", plot)
    assert result.exit_code == 0, result.output
    for part in ("captions, each speaker predicted by a fit on the other 1", "AUC", "ECE", "kept from", "precision"):
        assert part in result.output
    assert plot.read_bytes().startswith(b"\x89PNG")
    fitted = read_calibration(output)
    assert fitted.model == "builtin:en"
    assert [row["recording"] for row in fitted.fitted_on["recordings"]] == ["talk", "talk"]
    assert len(fitted.fitted_on["sha256"]) == 64
    assert fitted.fitted_on["held_out"]["cues"]["auc"] > 0.8
    again = run("calibrate", *pairs, "-o", output)
    assert again.exit_code == 2
    assert "exists; give --overwrite" in again.output


def test_shipped_confidences_separate_right_from_wrong(tmp_path):
    cues = [cue for cue in json.loads((DEMO / "truth.json").read_text())["cues"] if cue["spoken"]]
    lines = [cue["text_norm"] for cue in cues]
    changed = lines[3].split()
    changed[len(changed) // 2] = "rhubarb"
    lines[3] = " ".join(changed)
    lines.insert(6, "Nobody ever said that the meadows of Bohemia were purple.")
    (tmp_path / "talk.txt").write_text("\n".join(lines))
    output = tmp_path / "talk.json"
    result = run("align", DEMO / "talk.ogg", tmp_path / "talk.txt", "-o", output, "--score", "confidence", "--scores")
    assert result.exit_code == 0, result.output
    found = json.loads(output.read_text())["cues"]
    assert load_calibration("shipped", "builtin:en")[0] is not None
    confidences = [cue["confidence"] for cue in found]
    assert all(0.0 <= value <= 1.0 for value in confidences)
    right = [value for place, value in enumerate(confidences) if place not in (3, 6)]
    assert confidences[6] == 0.0
    assert confidences[3] < min(right)
    assert confidences[3] < 0.7 < 0.9 < sorted(right)[len(right) // 4]
    words = {word["text"]: word["confidence"] for word in found[3]["words"]}
    assert words["rhubarb"] == min(words.values()) < 0.3
    for cue in found:
        assert cue["score"] == cue["confidence"]
        assert set(cue.get("scores", {})) in (set(), set(SCORES))
    assert sum("scores" in cue for cue in found) == len(found) - 1


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        ((), "no recordings to fit on; give SETS or --pair AUDIO CAPTIONS", 2),
        ((DEMO / "truth.json",), "--output is missing; give -o confidence.json", 2),
        ((DEMO / "truth.json", "--boundaries", "--plot", "x.png"), "--plot: there is nothing to draw", 2),
        ((DEMO / "README.md", "-o", "x.json"), "README.md: not valid JSON", 1),
        ((DEMO, "-o", "x.json", "--plot", "x.txt"), "", 2),
    ],
)
def test_arguments_that_cannot_be_used_are_errors(arguments, message, status, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("calibrate", *arguments)
    assert result.exit_code == status
    assert message in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_names_no_audio_says_so(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"path": "a.wav", "text": "hello"}\n')
    result = run("calibrate", path, "-o", tmp_path / "x.json")
    assert result.exit_code == 1
    assert "its recording" in result.output
    assert "does not exist" in result.output


def test_a_reviewed_alignment_is_a_set(tmp_path):
    """Its first captions were accepted; the true times of the talk stand for those of a person."""
    rows = [row for row in json.loads((DEMO / "truth.json").read_text())["cues"] if row["spoken"]]
    cues = [AlignedCue(n, row["text_norm"], row["start"], row["end"]) for n, row in enumerate(rows)]
    for cue in cues[:6]:
        cue.reviewed = "accepted"
    Alignment(str(DEMO / "talk.ogg"), 79.1, "builtin:en", cues).to_json(tmp_path / "talk.json")
    done = run("calibrate", tmp_path / "talk.json", "--model", "builtin:en", "--boundaries", "-q")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["cues"] == 6
    assert abs(found["start_bias"]) < 0.1
    assert abs(found["end_bias"]) < 0.1
