"""`ctcalign export`: graphs, models of checkpoints, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import ctcalign
from ctcalign.cli import commands
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.training.tokenizers import CharacterTokenizer
from ctcalign.train import CTCModule
from ctcalign.train.recogniser.export import header_of


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as `fit` writes it."""
    torch.manual_seed(0)
    module = CTCModule(ConvEncoder(dim=16, blocks=1, kernel=3), CharacterTokenizer(" ab"))
    file = tmp_path_factory.mktemp("fit") / "last.ckpt"
    torch.save({"ctcalign": header_of(module.model, {"licence": "MIT"}), "state_dict": module.state_dict()}, file)
    return file


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(commands, ["export", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_a_graph_of_a_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.onnx"
    status, out, err = run(checkpoint, "-o", output)
    assert (status, out) == (0, f"{output}\n")
    assert "log-probabilities differ from those of torch by at most" in err
    assert ctcalign.load_model(f"onnx:{output}", "cpu").vocabulary.symbols == ("<blank>", " ", "a", "b")
    status, _, err = run(f"checkpoint:{checkpoint}", "-o", output)
    assert status == 2
    assert f"output {output} exists; give --overwrite to replace it" in err
    assert run(checkpoint, "-o", output, "--overwrite", "--quiet") == (0, f"{output}\n", "")


def test_the_model_of_a_checkpoint(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "model.safetensors"
    assert run(checkpoint, "-o", output) == (0, f"{output}\n", "")
    assert ctcalign.load_model(f"checkpoint:{output}", "cpu").licence == "MIT"


@pytest.mark.parametrize(
    ("model", "output", "status", "message"),
    [
        ("builtin:en", "en.safetensors", 2, "expected NAME.onnx: only checkpoints have another format"),
        ("onnx:en.onnx", "other.onnx", 2, "is a graph already"),
        ("builtin:de", "de.onnx", 2, "unknown model 'builtin:de'"),
        ("CHECKPOINT", "folder/", 2, "expected a name with the extension .safetensors, got"),
        ("none.ckpt", "none.onnx", 1, "none.ckpt: no such file"),
        ("none.ckpt", "none.safetensors", 1, "none.ckpt: no such file"),
    ],
)
def test_what_cannot_be_exported(checkpoint: Path, tmp_path: Path, model, output, status, message) -> None:
    found, _, err = run(checkpoint if model == "CHECKPOINT" else model, "-o", tmp_path / output)
    assert found == status
    assert message in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
