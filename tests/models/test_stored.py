"""Sizes and fields of a model file are checked against its weights before anything is built."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from ctcalign.errors import ModelError
from ctcalign.models import load_model
from ctcalign.models.builtin.checkpoint import save_checkpoint
from ctcalign.models.builtin.config import NetworkConfig
from ctcalign.models.builtin.network import Network
from ctcalign.models.encoders import ConvEncoder
from ctcalign.models.encoders.frontend import Frontend
from ctcalign.models.encoders.network import CtcNetwork
from ctcalign.models.encoders.recogniser import save_recogniser, write_header
from ctcalign.models.stored import read_weights
from ctcalign.text.vocabulary import Vocabulary


def trained(path: Path) -> None:
    network = CtcNetwork(Frontend(0, 0), ConvEncoder(dim=8, blocks=1, kernel=3), 3)
    vocabulary = Vocabulary(("<blank>", " ", "a"), separator=1)
    save_recogniser(path, network, write_header(network, vocabulary, {"language": "en", "licence": "MIT"}))


def built_in(path: Path) -> None:
    network = Network(NetworkConfig(symbols=3, dim=8, blocks=1, stem=4))
    header = {"symbols": ["_", " ", "a"], "blank": 0, "separator": 1, "spike_delay": 0.0, "language": "en"}
    save_checkpoint(path, network, {**header, "licence": "MIT"})


def changed(value: Any, keys: tuple[str, ...], new: Any) -> Any:
    return new if not keys else {**value, keys[0]: changed(value.get(keys[0]), keys[1:], new)}


ABSURD = [-1, -(10**6), 0, 10**6, 10**9, 10**18, 10**30, 1e300, float("inf"), float("nan"), "8", None, True, [8], {}]


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (trained, ("config", "options", "dim")),
        (trained, ("config", "options", "blocks")),
        (trained, ("config", "options", "kernel")),
        (built_in, ("config", "dim")),
        (built_in, ("config", "blocks")),
        (built_in, ("config", "kernel")),
        (built_in, ("config", "expansion")),
        (built_in, ("config", "stem")),
    ],
)
def test_a_size_that_is_not_that_of_the_weights_is_one_line_at_once(tmp_path, make, keys, suffix):
    make(tmp_path / "model.safetensors")
    header, weights = read_weights(tmp_path / "model.safetensors", "model")
    load_model(f"checkpoint:{tmp_path / 'model.safetensors'}", "cpu")
    for new in ABSURD:
        if new is True and keys[-1] == "blocks":
            continue  # True is 1
        path = tmp_path / f"bad{suffix}"
        bad = changed(header, keys, new)
        if suffix == ".ckpt":
            torch.save({"ctcalign": bad, "state_dict": weights}, path)
        else:
            save_file(weights, path, metadata={"ctcalign": json.dumps(bad)})
        began = time.monotonic()
        with pytest.raises(ModelError) as error:
            load_model(f"checkpoint:{path}", "cpu")
        assert time.monotonic() - began < 5, new
        assert len(str(error.value)) < 500, new


@pytest.mark.parametrize("make", [trained, built_in])
@pytest.mark.parametrize(
    ("keys", "new"),
    [
        ((), []),
        ((), 3),
        (("symbols",), None),
        (("symbols",), []),
        (("symbols",), "abc"),
        (("symbols",), ["a", 2, "c"]),
        (("symbols",), ["a", "b"]),
        (("symbols",), ["a"] * 9),
        (("blank",), 3),
        (("blank",), -1),
        (("blank",), None),
        (("blank",), "0"),
        (("separator",), 10**30),
        (("spike_delay",), "late"),
        (("spike_delay",), float("inf")),
        (("language",), 3),
        (("licence",), ["MIT"]),
        (("config",), None),
        (("config",), [1]),
    ],
)
def test_a_field_of_another_kind_is_one_line(tmp_path, make, keys, new):
    make(tmp_path / "model.safetensors")
    header, weights = read_weights(tmp_path / "model.safetensors", "model")
    save_file(weights, tmp_path / "bad.safetensors", metadata={"ctcalign": json.dumps(changed(header, keys, new))})
    with pytest.raises(ModelError):
        load_model(f"checkpoint:{tmp_path / 'bad.safetensors'}", "cpu")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": 1}{', "\x00"])
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_a_damaged_header_is_one_line(tmp_path, text, suffix):
    trained(tmp_path / "model.safetensors")
    _, weights = read_weights(tmp_path / "model.safetensors", "model")
    path = tmp_path / f"bad{suffix}"
    if suffix == ".ckpt":
        torch.save({"ctcalign": text, "state_dict": weights}, path)
    else:
        save_file(weights, path, metadata={"ctcalign": text})
    with pytest.raises(ModelError, match="header is damaged"):
        load_model(f"checkpoint:{path}", "cpu")


def test_a_text_instead_of_a_pickle_is_one_line(tmp_path):
    (tmp_path / "text.ckpt").write_text("epoch 3\nloss 0.2\n")
    (tmp_path / "empty.ckpt").write_bytes(b"")
    (tmp_path / "cut.ckpt").write_bytes(b"\x80\x02junk")  # struct.error in the unpickler
    for name in ("text.ckpt", "empty.ckpt", "cut.ckpt"):
        with pytest.raises(ModelError, match=r"cannot be read as a checkpoint|contains more than weights"):
            load_model(f"checkpoint:{tmp_path / name}", "cpu")
