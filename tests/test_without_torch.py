"""Commands with `builtin:` and `onnx:` models in a process in which torch and other heavy packages are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ctcalign
from ctcalign.models.builtin.model import FOLDER
from ctcalign.models.checkpoint import load_file
from tests.models.test_onnx_file import build

ROOT = Path(__file__).parents[1]
TALK, CAPTIONS = ROOT / "egs" / "demo" / "talk.ogg", ROOT / "egs" / "demo" / "talk.srt"
HEAVY = (
    "torch",
    "torchaudio",
    "lhotse",
    "transformers",
    "safetensors",
    "scipy",
    "sklearn",
    "pytorch_lightning",
)
PROGRAM = """
import importlib.machinery, sys
class Refused:
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.partition(".")[0] in {heavy!r} else None
    def create_module(self, spec):
        raise ImportError(spec.name + " is imported")
    exec_module = create_module
sys.meta_path.insert(0, Refused())
sys.modules["librosa"] = None  # not installed
{code}
"""
COMMAND = PROGRAM.format(heavy=HEAVY, code="from ctcalign.cli import main\nsys.argv[0] = 'ctcalign'\nmain()")


def run(*arguments: object, code: str = COMMAND) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "CTCALIGN_DEBUG"}
    call = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled talk, aligned without torch."""
    out = tmp_path_factory.mktemp("talk") / "talk.json"
    result = run("align", TALK, CAPTIONS, "-q", "-o", out)
    assert (result.returncode, result.stderr) == (0, "")
    return out


def values(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cue in document["cues"]:
        yield cue
        yield from cue["words"]


def test_words_and_confidences_are_those_of_the_network_in_torch(aligned: Path) -> None:
    network = load_file(FOLDER / "en-robust" / "model.safetensors", "builtin:en-robust", "cpu")
    expected = ctcalign.align(TALK, CAPTIONS, network).to_dict()
    found = json.loads(aligned.read_text(encoding="utf-8"))
    pairs = list(zip(values(found), values(expected), strict=True))
    assert len(pairs) > 150
    for ours, theirs in pairs:
        assert (ours["text"], ours["status"]) == (theirs["text"], theirs["status"])
        assert ours["start"] == pytest.approx(theirs["start"], abs=1e-3)
        assert ours["end"] == pytest.approx(theirs["end"], abs=1e-3)
        assert ours["confidence"] == pytest.approx(theirs["confidence"], abs=1e-3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("transcribe", TALK, "-q", "-o", "{folder}/text.srt"),
        ("transcribe", TALK, "-q", "--decoder", "beam", "--beam", "2", "-o", "{folder}/text.srt"),
        ("search", TALK, "lighthouse", "-q"),
        ("convert", "{aligned}", "{folder}/talk.vtt"),
        ("filter", "{aligned}", "--min-confidence", "0.5", "-o", "{folder}/kept.json"),
        ("score", "{aligned}", "{aligned}"),
        ("plot", TALK, "{aligned}", "--end", "12", "--model", "builtin:en", "-o", "{folder}/talk.png"),
        ("models",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command(arguments: tuple[object, ...], aligned: Path, tmp_path: Path) -> None:
    result = run(*(str(argument).format(aligned=aligned, folder=tmp_path) for argument in arguments))
    assert result.returncode == 0, result.stderr
    assert ("no spectrogram, since librosa is not installed" in result.stderr) == (arguments[0] == "plot")


def test_an_onnx_file(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    symbols = ["_", "|", "a", "b"]
    header = {"symbols": symbols, "frame_shift": 0.02, "licence": "CC0-1.0", "context": 0.1, "normalise": "utterance"}
    model = build(tmp_path / "m.onnx", header, lengths=True)
    text = tmp_path / "text.txt"
    text.write_text("ab ba\nbaab\n", encoding="utf-8")
    arguments = ("align", TALK, text, "--model", f"onnx:{model}", "--all-spoken", "-q", "-o", tmp_path / "talk.json")
    result = run(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(json.loads((tmp_path / "talk.json").read_text())["cues"]) == 2


def test_in_python() -> None:
    code = f"import ctcalign; print(len(ctcalign.align({str(TALK)!r}, {str(CAPTIONS)!r}).cues))"
    result = run(code=PROGRAM.format(heavy=HEAVY, code=code))
    assert (result.stderr, result.stdout) == ("", f"{len(ctcalign.read_captions(CAPTIONS).cues)}\n")


def test_an_import_would_be_seen() -> None:
    result = run("align", TALK, CAPTIONS, "--model", "checkpoint:" + str(FOLDER / "en" / "model.safetensors"))
    assert result.returncode != 0
    assert "torch is imported" in result.stderr
