"""The tools that fit and measure the confidence of a search, from end to end on a corpus of tones."""

from __future__ import annotations

import runpy
import sys
from importlib import import_module
from pathlib import Path

import pytest

from ctcalign import models
from ctcalign.search.confidence import read_calibration
from ctcalign.search.evidence import FEATURES
from tests.aligner.tones import ToneModel
from tests.search.corpora import TEXTS, write_corpus

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def run_tool(monkeypatch, capsys):
    """Runs a tool with arguments and a model of tones; gives what it prints."""
    for module in ("aligner.run", "search.run", "aligner.transcription"):
        import_module(f"ctcalign.{module}")  # these keep what they import
    monkeypatch.setitem(vars(models), "load_model", lambda name: ToneModel())

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments), "--model", "tones"])
        capsys.readouterr()
        runpy.run_path(str(TOOLS / name), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_fit_and_measure_from_end_to_end(tmp_path, run_tool):
    write_corpus(tmp_path)
    out = tmp_path / "search.json"
    printed = run_tool("fit_search.py", tmp_path / "dev.jsonl", tmp_path / "dev.tar", "-o", out, "--count", 8)
    assert "3 to 5 words |" in printed
    calibration = read_calibration(out)
    assert set(calibration.weights) == set(FEATURES)
    assert calibration.model == "tones"
    assert "2 speakers; for each, 8 phrases" in calibration.fitted_on
    truths = [tmp_path / speaker / "truth.json" for speaker in TEXTS]
    printed = run_tool("measure_search.py", *truths, "--calibration", out, "--count", 8)
    (row,) = [
        line for line in printed.split("\nall\n")[1].split("\nfrom 0.2")[0].splitlines() if "3 to 5 words |" in line
    ]
    occurrences, hits, precision, recall, auc = (float(cell) for cell in row.split("|")[2:7])
    assert occurrences == 16
    assert hits >= 14
    assert min(precision, recall) > 0.85
    assert auc > 0.95
    assert "right hits; starts: median 0.0" in printed


def test_data_that_cannot_be_used_are_one_line(tmp_path, run_tool):
    write_corpus(tmp_path)
    truths = [tmp_path / speaker / "truth.json" for speaker in TEXTS]
    truths[0].write_text('{"audio": "audio.wav", "utterances": [{}]}', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"truth.json: utterance 0 has no times of words"):
        run_tool("measure_search.py", *truths)
