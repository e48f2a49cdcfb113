"""Names, licences, devices and the table of models."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
import torch
from click.testing import CliRunner

from ctcalign.cli.models import command
from ctcalign.errors import MissingPackageError, ModelError, UsageError
from ctcalign.models import cards, list_models, load_model, pick_device, registry
from ctcalign.models.cards import check_licence, is_noncommercial


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("builtin:em", "did you mean builtin:en"),
        ("buildin:en", "did you mean builtin:en"),
        ("en", "did you mean builtin:en|expected builtin:en"),
        ("WAV2VEC2_ASR_BASE_960H", "did you mean torchaudio:WAV2VEC2_ASR_BASE_960H"),
        (
            "torchaudio:WAV2VEC2_BASE_960H",
            "unknown bundle torchaudio:WAV2VEC2_BASE_960H; did you mean torchaudio:WAV2VEC2_ASR",
        ),
        ("facebook/wav2vec2-base-960h", "use hf:facebook/wav2vec2-base-960h"),
        ("model.onnx", "use onnx:model.onnx"),
        ("file:exp/last.ckpt", "use checkpoint:exp/last.ckpt"),
        ("", "ctcalign models lists all"),
        ("hf:", "expected builtin:en, torchaudio:BUNDLE"),
        ("whisper", "ctcalign models lists all"),
    ],
)
def test_unknown_names_get_a_hint(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        load_model(name, device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("licence", "noncommercial"),
    [
        ("CC-BY-NC-4.0", True),
        ("cc-by-nc-sa-4.0", True),
        ("non-commercial use only", True),
        ("Research only", True),
        ("noncommercial", True),
        ("MIT", False),
        ("Apache-2.0", False),
        ("CC-BY-4.0", False),
        ("BSD-3-Clause, Nuance Inc.", False),
        ("NCSA", False),
    ],
)
def test_licences(licence: str, noncommercial: bool) -> None:
    assert is_noncommercial(licence) is noncommercial
    check_licence("m", licence, allow_noncommercial=True)
    if noncommercial:
        with pytest.raises(
            ModelError, match=r"m: its licence .* forbids commercial use; accept that with --allow-noncommercial"
        ):
            check_licence("m", licence, allow_noncommercial=False)
    else:
        check_licence("m", licence, allow_noncommercial=False)


def test_the_gate_stands_before_the_download() -> None:
    with pytest.raises(ModelError, match=r"torchaudio:MMS_FA: its licence \(CC-BY-NC-4.0\) forbids commercial use"):
        load_model("torchaudio:MMS_FA", device="cpu")


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == "cpu"
    with pytest.raises(UsageError, match="cuda was requested but torch finds no CUDA device; use --device cpu or auto"):
        pick_device("cuda")
    with pytest.raises(UsageError, match="torch finds no Apple GPU"):
        pick_device("mps")
    for name in ("gpu", "tpu:0", "", "meta"):
        with pytest.raises(UsageError, match="expected auto, cpu, cuda, cuda:N or mps"):
            pick_device(name)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == pick_device("mps") == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("auto") == "cuda"
    assert pick_device("cuda:1") == "cuda:1"
    with pytest.raises(UsageError, match=r"cuda:2 was requested but there are 2 CUDA devices \(cuda:0 to cuda:1\)"):
        pick_device("cuda:2")


def test_every_card_is_whole() -> None:
    found = list_models()
    assert found[0].name == "builtin:en"
    assert len({card.name for card in found}) == len(found)
    noncommercial = {card.name for card in found if card.noncommercial}
    assert noncommercial == {
        "torchaudio:MMS_FA",
        *(f"torchaudio:VOXPOPULI_ASR_BASE_10K_{language}" for language in ("DE", "EN", "ES", "FR", "IT")),
    }


def test_builtin_card_reads_the_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from safetensors.torch import save_file

    folder = Path(str(tmp_path)) / "en"
    folder.mkdir()
    monkeypatch.setattr(cards, "_BUILTIN", folder.parent)
    assert not list_models()[0].available
    assert "weights are missing" in list_models()[0].needs
    tensors = {"a": torch.zeros(3, 4), "b": torch.zeros(5)}
    save_file(tensors, folder / "model.safetensors", metadata={"ctcalign": json.dumps({"licence": "Apache-2.0"})})
    card = list_models()[0]
    assert (card.available, card.parameters, card.licence) == (True, 17, "Apache-2.0")


def test_the_command() -> None:
    assert isinstance(command, click.Command)
    table = CliRunner().invoke(command, [])
    assert table.exit_code == 0
    lines = table.output.splitlines()
    assert len(lines) == len(list_models()) + 1
    assert any(line.startswith("torchaudio:MMS_FA") and "--allow-noncommercial" in line for line in lines)
    cards_read = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert [card["name"] for card in cards_read] == [card.name for card in list_models()]
    assert {card["noncommercial"] for card in cards_read} == {True, False}


def test_missing_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "is_installed", lambda name: False)
    needs = {card.name: card.needs for card in list_models()}
    assert needs["checkpoint:FILE"] == "pip install 'ctcalign[torch]'"
    assert needs["onnx:FILE"] == ""
    assert needs["hf:NAME or hf:FOLDER"] == "pip install 'ctcalign[hf]'"
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r"hf:x/y: needs transformers; pip install 'ctcalign\[hf\]'"):
        load_model("hf:x/y", device="cpu")
    monkeypatch.setattr(registry, "is_installed", lambda name: False)
    families = {"hf:x/y": "hf", "torchaudio:MMS_FA": "torchaudio", "checkpoint:x.safetensors": "torch"}
    for name, extra in families.items():
        with pytest.raises(MissingPackageError, match=rf"{name}: needs torch; pip install 'ctcalign\[{extra}\]'"):
            load_model(name, device="cpu")


def test_the_table_needs_no_torch() -> None:
    code = "import sys, ctcalign.models; ctcalign.models.list_models(); print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
